// The tables that evals() joins: one for each file of functions.
#pragma once

#include <span>

#include "lib/antispam/evals/eval.hpp"

namespace postern::antispam {

std::span<const Eval> authentication_evals();
std::span<const Eval> bayes_evals();
std::span<const Eval> body_evals();
std::span<const Eval> date_evals();
std::span<const Eval> dkim_evals();
std::span<const Eval> dns_evals();
std::span<const Eval> forged_header_evals();
std::span<const Eval> freemail_evals();
std::span<const Eval> fromname_evals();
std::span<const Eval> header_evals();
std::span<const Eval> html_evals();
std::span<const Eval> image_evals();
std::span<const Eval> mime_evals();
std::span<const Eval> recipient_evals();
std::span<const Eval> relay_evals();
std::span<const Eval> uri_evals();
std::span<const Eval> vbounce_evals();
std::span<const Eval> welcomelist_evals();

}  // namespace postern::antispam
