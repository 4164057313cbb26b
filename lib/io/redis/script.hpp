// What each operation does inside the server, in its Lua: the same as store::apply().
#pragma once

#include <string_view>

namespace postern::io::redis {

/// One script does all operations, so that a server that has lost it does none of a batch, and the
/// batch can be sent again in its order.
///
/// What it keeps: strings that begin with "P1" and a letter for the kind (v value, g bucket,
/// w window, s sums, a admission); counters are hashes with the one field "P1c", for the sake of
/// HINCRBY, which counts in 64 bits. Anything else is not ours: it counts as absent, and the first
/// element of the answer is 1.
///
/// KEYS: the key; for a Take with `once`, the key of its answer, too.
/// ARGV: the name of the operation, now (milliseconds), and what each function below names.
extern const std::string_view script;

}  // namespace postern::io::redis
