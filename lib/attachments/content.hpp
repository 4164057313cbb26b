// What kind of content some octets are, and what kind a name or a declaration promises.
#pragma once

#include <string_view>

namespace postern::attachments {

/// What a program is, by its first octets: "pe", "dos", "elf", "mach-o", "java", "dex", "shortcut",
/// "hta", or "script"; empty for anything else. A script is text to people who write programs.
[[nodiscard]] std::string_view program_kind(std::string_view head);

/// Whether files of a kind of program are called so where they do not start by themselves: "so" of
/// ELF, "class" of Java.
[[nodiscard]] bool is_component(std::string_view program, std::string_view extension);

/// The kind of an archive that is not opened here, by its first octets: "rar", "7z"; empty for
/// anything else.
[[nodiscard]] std::string_view unread_archive(std::string_view head);

[[nodiscard]] bool is_html(std::string_view head);

/// Coarse kinds, since readers forgive each other much within one of them.
enum class Family { unknown, text, image, media, pdf, office, archive, program };
[[nodiscard]] std::string_view to_word(Family family);

[[nodiscard]] Family family_of_type(std::string_view media_type);
[[nodiscard]] Family family_of_extension(std::string_view extension);

/// The extension that programs for mail give a file of a type that systems run, when it has none;
/// empty for other types.
[[nodiscard]] std::string_view extension_of_type(std::string_view media_type);

}  // namespace postern::attachments
