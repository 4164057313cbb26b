#include "lib/attachments/content.hpp"

#include "tests/support/catch.hpp"

namespace postern::attachments {
namespace {

TEST_CASE("program_kind: programs by their first octets", "[attachments][security]") {
  std::string pe = "MZ" + std::string(58, '\0') + std::string("\x40\0\0\0PE\0\0", 8);
  CHECK(program_kind(pe) == "pe");
  pe[60] = '\x01';
  CHECK(program_kind(pe) == "dos");
  CHECK(program_kind("\x7f"
                     "ELF\x02") == "elf");
  CHECK(program_kind("\xcf\xfa\xed\xfe") == "mach-o");
  CHECK(program_kind(std::string_view("\xca\xfe\xba\xbe\0\0\0\x02", 8)) == "mach-o");
  CHECK(program_kind(std::string_view("\xca\xfe\xba\xbe\0\0\0\x34", 8)) == "java");
  CHECK(program_kind(std::string_view("L\0\0\0\x01\x14\x02\0\0", 9)) == "shortcut");
  CHECK(program_kind("#!/bin/sh\n") == "script");
  CHECK(program_kind("#! /usr/bin/perl\n") == "script");
  CHECK(program_kind("\r\n@ECHO OFF\r\n") == "script");
  CHECK(program_kind("<html><HTA:APPLICATION id=a>") == "hta");
}

TEST_CASE("program_kind: other content is none", "[attachments]") {
  const std::string text = "MZ are the letters that this text begins with, and it goes on for long";
  CHECK(program_kind(text).empty());
  for (const char* head : {"", "M", "MZ", "%PDF-1.7", "PK\3\4", "#! not a path", "\xca\xfe"}) {
    INFO(head);
    CHECK(program_kind(head).empty());
  }
}

TEST_CASE("family_of_type: coarse kinds of declared types", "[attachments]") {
  CHECK(family_of_type("image/png") == Family::image);
  CHECK(family_of_type("image/svg+xml") == Family::text);
  CHECK(family_of_type("application/vnd.ms-excel") == Family::office);
  CHECK(family_of_type("application/vnd.ms-cab-compressed") == Family::archive);
  CHECK(family_of_type("application/octet-stream") == Family::unknown);
  CHECK(family_of_extension("docx") == Family::office);
  CHECK(family_of_extension("2") == Family::unknown);
}

}  // namespace
}  // namespace postern::attachments
