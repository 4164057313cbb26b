// main.cf as a text, edited so that what others wrote stays as they wrote it (postconf(5)).
#pragma once

#include <string>
#include <string_view>

namespace postern::setup {

/// Whether the file sets a parameter.
[[nodiscard]] bool has_parameter(std::string_view text, std::string_view name);

/// Gives a parameter a value of one line, where it stands last, or at the end of the file.
[[nodiscard]] std::string set_parameter(std::string_view text, std::string_view name,
                                        std::string_view value);

/// Takes every line of a parameter out.
[[nodiscard]] std::string remove_parameter(std::string_view text, std::string_view name);

/// Puts words in front of a list, or behind it; line breaks and comments within the list stay.
[[nodiscard]] std::string put_first(std::string_view text, std::string_view name,
                                    std::string_view words);
[[nodiscard]] std::string put_last(std::string_view text, std::string_view name,
                                   std::string_view words);

/// Takes one element of a list out, with the separator behind it.
[[nodiscard]] std::string take_out(std::string_view text, std::string_view name,
                                   std::string_view element);

}  // namespace postern::setup
