// The one place where Dovecot's C headers enter C++.
#pragma once

// Standard headers first, so that none of them is pulled into extern "C" by Dovecot's.
#include <cstdint>
#include <exception>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

extern "C" {
#include <config.h>
#include <lib.h>

#include <array.h>
#include <ioloop.h>
#include <istream.h>
#include <mail-namespace.h>
#include <mail-storage-hooks.h>
#include <mail-storage-private.h>
#include <mail-storage.h>
#include <mail-user.h>
#include <module-context.h>
#include <notify-plugin.h>
#include <settings-parser.h>
#include <str.h>
#if DOVECOT_PREREQ(2, 4, 0)
#include <settings.h>
#endif
}

// Its macros cast what they are given, and so warn where they are used.
#pragma GCC diagnostic ignored "-Wold-style-cast"

/// Symbols by which Dovecot knows a plugin; all others are hidden, by a version script too.
#define POSTERN_PLUGIN_SYMBOL extern "C" __attribute__((visibility("default")))
