// The part of the check of Postfix that is about its milters: is Postern among them, and how.
#pragma once

#include "lib/doctor/check.hpp"

namespace postern::doctor {

/// Judges smtpd_milters and non_smtpd_milters, what stands there in braces, and the milter_*
/// parameters that count where nothing does.
void judge_milters(Context& context, const PostfixConfig& postfix);

/// The command that changes a parameter of main.cf.
[[nodiscard]] std::string set_parameter(const std::string& name, const std::string& value);

}  // namespace postern::doctor
