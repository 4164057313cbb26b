#include "lib/attachments/evaluate.hpp"

#include "lib/io/magic/magic_types.hpp"
#include "lib/io/zlib/inflate.hpp"
#include "tests/support/catch.hpp"
#include "tests/unit/archive/make_archive.hpp"

namespace postern::attachments {
namespace {

using archive::test::make_gzip;
using archive::test::make_zip;
using archive::test::tar_entry;
using archive::test::ZipEntry;

using Words = std::vector<std::string>;

Outcome judge(const mail::Attachment& attachment, const std::string& config_text = "") {
  const auto document = config::parse_document("[attachments]\n" + config_text, "t").value();
  const Settings settings = load_settings(document).value();
  static const auto types = io::MagicTypes::open().value();
  return evaluate({attachment}, settings, {io::inflate, types.get()});
}

Words words(const Outcome& outcome) {
  Words found;
  for (const Finding& finding : outcome.findings) found.push_back(describe(finding));
  return found;
}

Words judge_name(const std::string& name) {
  return words(judge({1, "application/octet-stream", {name}, "content"}));
}

Words judge_content(const std::string& type, const std::string& name, const std::string& content,
                    const std::string& config_text = "") {
  return words(judge({1, type, {name}, content}, config_text));
}

const std::string program = "MZ" + std::string(58, '\0') + std::string("\x40\0\0\0PE\0\0", 8);

TEST_CASE("attachments: banned extensions, and double ones", "[attachments][security]") {
  CHECK(judge_name("setup.exe") == Words{"extension exe"});
  CHECK(judge_name("setup.EXE. ") == Words{"extension exe"});
  CHECK(judge_name("invoice.pdf.exe") == Words{"double_extension exe"});
  CHECK(judge_name("invoice.pdf      .scr") == Words{"double_extension scr"});
  CHECK(judge_name("a.{3050f4d8-98b5-11cf-bb82-00aa00bdce0b}") == Words{"extension {class}"});
  CHECK(judge_name("annexe\xe2\x80\xae"
                   "fdp.exe") == Words{"deceptive_name", "extension exe"});
}

TEST_CASE("attachments: names of usual mail are no finding", "[attachments]") {
  for (const char* name : {"archive.tar.gz", "v1.2.pdf", "Report 3.2.2026.docx", "a.b.c.txt",
                           "patch-2.4.19.diff", "letter.doc", "macro.docm", "key.asc", "smime.p7s",
                           "photo.jpg.png", "readme", ".profile"}) {
    INFO(name);
    CHECK(judge_name(name).empty());
  }
}

TEST_CASE("attachments: the list is the operator's", "[attachments]") {
  const std::string own = "banned_extensions = [\"DOC\"]";
  CHECK(judge_content("a/b", "a.doc", "x", own) == Words{"extension doc"});
  CHECK(judge_content("a/b", "a.exe", "x", own).empty());
}

TEST_CASE("attachments: names that readers choose between all count", "[attachments][security]") {
  CHECK(words(judge({1, "text/plain", {"a.txt", "a.exe"}, "x"})) == Words{"extension exe"});
}

TEST_CASE("attachments: programs under any name", "[attachments][security]") {
  CHECK(judge_content("image/png", "a.png", program) == Words{"executable pe"});
  CHECK(judge_content("application/octet-stream", "a.dat", program) == Words{"executable pe"});
  CHECK(judge_content("application/pdf", "a.pdf", "#!/bin/sh\n") == Words{"executable script"});
  CHECK(judge_content("text/plain", "run.sh", "#!/bin/sh\n").empty());
  CHECK(judge_content("text/html", "a.html", "<HTA:APPLICATION>") == Words{"executable hta"});
}

TEST_CASE("attachments: parts of programs are none", "[attachments]") {
  const std::string elf =
      "\x7f"
      "ELF";
  CHECK(judge_content("application/octet-stream", "a.so", elf).empty());
  CHECK(judge_content("application/octet-stream", "a", elf) == Words{"executable elf"});
  CHECK(words(judge({1, "image/png", {"a.so", "a.png"}, elf})) == Words{"executable elf"});
}

TEST_CASE("attachments: a web page that is called something else", "[attachments][security]") {
  const std::string page = "\r\n<!DOCTYPE html><body>";
  CHECK(judge_content("application/pdf", "a.pdf", page) == Words{"type_mismatch html as pdf"});
  CHECK(judge_content("image/png", "a", page) == Words{"type_mismatch html as image"});
  CHECK(judge_content("application/vnd.ms-excel", "a.xls", page).empty());
  CHECK(judge_content("text/plain", "a.html", page).empty());
}

TEST_CASE("attachments: a type that runs is an extension where there is none",
          "[attachments][security]") {
  CHECK(words(judge({1, "application/hta", {}, "x"})) == Words{"extension hta"});
  CHECK(words(judge({1, "text/javascript", {"a"}, "x"})) == Words{"extension js"});
  CHECK(words(judge({1, "text/javascript", {"a.txt"}, "x"})).empty());
}

TEST_CASE("attachments: archives that are not opened are named", "[attachments]") {
  CHECK(judge_content("application/x-7z-compressed", "a.7z", "7z\xbc\xaf\x27\x1c") ==
        Words{"unread 7z"});
  CHECK(judge_content("application/x-bzip2", "setup.exe.bz2", "BZh91AY&SY") ==
        Words{"extension exe in an archive", "unread bzip2"});
  CHECK(judge_content("text/plain", "a.txt", "BZh is how the text begins").empty());
  CHECK(judge_content("text/plain", "a.txt", "`\xea\xb0\x80` is Korean").empty());
  CHECK(judge_content("application/zip", "a.zip", make_zip({{"b.rar", "Rar!\x1a\x07"}})) ==
        Words{"unread rar in an archive"});
}

TEST_CASE("attachments: many findings of a kind hide no other", "[attachments][security]") {
  const std::string text = "mp,mst,msi,msp,msc,ade,adp,apk,app,bat,cab,chm,cmd,com,cpl,dll,dmg,ins";
  std::vector<ZipEntry> entries;
  for (std::size_t at = 0; at < text.size(); at = std::min(text.find(',', at), text.size()) + 1) {
    entries.push_back({"a." + text.substr(at, text.find(',', at) - at), "x"});
  }
  entries.push_back({"a", program});
  const Words found = judge_content("application/zip", "a.zip", make_zip(entries));
  CHECK(found.size() == max_findings + 1);
  CHECK(found.back() == "executable pe in an archive");
}

TEST_CASE("attachments: an archive that is called something else", "[attachments][security]") {
  const std::string zip = make_zip({{"a.txt", "one"}});
  CHECK(judge_content("image/png", "a.png", zip) == Words{"type_mismatch archive as image"});
  CHECK(judge_content("application/octet-stream", "a.pdf", "Rar!\x1a\x07\x01") ==
        Words{"type_mismatch archive as pdf", "unread rar"});
  CHECK(judge_content("application/octet-stream", "a.txt", zip) ==
        Words{"type_mismatch archive as text"});
}

TEST_CASE("attachments: harmless differences of types are no finding", "[attachments]") {
  const std::string zip = make_zip({{"a.txt", "one"}});
  CHECK(judge_content("application/octet-stream", "a.zip", zip).empty());
  CHECK(judge_content("text/plain", "a.zip", zip).empty());
  CHECK(judge_content("application/msword", "a.docx", zip).empty());
  CHECK(judge_content("image/jpeg", "a.jpg", "GIF89a").empty());
  CHECK(judge_content("text/html", "a.txt", "<html>").empty());
  CHECK(judge_content("application/pdf", "a.pdf", "%PDF-1.7").empty());
}

TEST_CASE("attachments: files in archives are judged", "[attachments][security]") {
  const std::string inner = make_zip({{"setup.exe", "x", "", false, false, true}});
  CHECK(judge_content("application/zip", "a.zip", inner) == Words{"extension exe in an archive"});
  const std::string outer = make_zip({{"b.zip", inner}, {"a.txt", program}});
  CHECK(judge_content("application/zip", "a.zip", outer) ==
        Words{"extension exe in an archive", "executable pe in an archive"});
  const std::string tar = make_gzip(tar_entry("in/a.pdf.scr", "x"));
  CHECK(judge_content("application/gzip", "a.tgz", tar) ==
        Words{"double_extension scr in an archive"});
  CHECK(judge_content("application/gzip", "setup.exe.gz", make_gzip("x")) ==
        Words{"extension exe in an archive"});
  CHECK(judge_content("application/zip", "a.zip", inner, "archives = false").empty());
}

TEST_CASE("attachments: of archives with a password the names are judged",
          "[attachments][security]") {
  ZipEntry entry{"setup.exe", "x"};
  entry.is_encrypted = true;
  CHECK(judge_content("application/zip", "a.zip", make_zip({entry})) ==
        Words{"extension exe in an archive", "encrypted in an archive"});
}

TEST_CASE("attachments: limits and damage are named", "[attachments][security]") {
  const std::string zip = make_zip({{"z.zip", make_zip({{"a.txt", "one"}})}});
  CHECK(judge_content("application/zip", "a.zip", zip, "archive_depth = 1") ==
        Words{"limit attachments.archive_depth in an archive"});
  CHECK(judge_content("application/zip", "a.zip", zip, "archive_entries = 1") ==
        Words{"limit attachments.archive_entries in an archive"});
  CHECK(judge_content("application/zip", "a.zip", zip, "unpacked_size = \"9B\"") ==
        Words{"limit attachments.unpacked_size in an archive"});
  const std::string cut = make_zip({{"a.txt", "one"}}).substr(0, 40);
  CHECK(judge_content("application/zip", "a.zip", cut) == Words{"damaged truncated in an archive"});
}

TEST_CASE("attachments: the path is for those who ask, and not in the words", "[attachments]") {
  const Outcome outcome =
      judge({7, "application/zip", {"a.zip"}, make_zip({{"secret plan.exe", "x"}})});
  REQUIRE(outcome.findings.size() == 1);
  CHECK(outcome.findings[0].path == "a.zip/secret plan.exe");
  CHECK(outcome.findings[0].part == 7);
  CHECK(gravest(outcome) == &outcome.findings[0]);
  CHECK(describe(outcome.findings[0]).find("secret") == std::string::npos);
  CHECK(gravest({}) == nullptr);
}

TEST_CASE("attachments: settings that are none are refused", "[attachments]") {
  for (const char* text : {"banned_extensions = [\".exe\"]", "banned_extensions = [\"\"]"}) {
    INFO(text);
    const std::string section = "[attachments]\n";
    CHECK_FALSE(load_settings(config::parse_document(section + text, "t").value()));
  }
}

}  // namespace
}  // namespace postern::attachments
