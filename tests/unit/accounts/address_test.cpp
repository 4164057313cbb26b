// Addresses of accounts, aliases, and targets.
#include "lib/accounts/address.hpp"

#include "tests/support/catch.hpp"

namespace postern::accounts {
namespace {

std::optional<std::string> to_ascii(std::string_view domain) {
  if (domain == "bücher.example") return "xn--bcher-kva.example";
  std::string lower(domain);
  for (char& c : lower) c = static_cast<char>(c >= 'A' && c <= 'Z' ? c + 32 : c);
  const bool is_plain = lower.find_first_of(" /@:\n#") == lower.npos && !lower.empty();
  return is_plain ? std::optional(lower) : std::nullopt;
}

std::string read(std::string_view text, AddressKind kind = AddressKind::account) {
  const auto address = read_address(text, kind, to_ascii);
  return address ? *address : "-";
}

std::string problem(std::string_view text, AddressKind kind = AddressKind::account) {
  const auto address = read_address(text, kind, to_ascii);
  return address ? "" : address.error();
}

TEST_CASE("read_address: accounts in lower case, domains in A-labels", "[accounts]") {
  CHECK(read("Alice.B-c_9@Example.ORG") == "alice.b-c_9@example.org");
  CHECK(read("a@bücher.example") == "a@xn--bcher-kva.example");
  for (const char* text :
       {"alice",           "@example.org",        "alice@",           "a b@example.org",
        "-a@example.org",  "a..b@example.org",    ".a@example.org",   "a.@example.org",
        "a@example",       "ü@example.org",       "../x@example.org", "a/b@example.org",
        "a%b@example.org", "\"a b\"@example.org", "a:b@example.org",  "#a@example.org",
        "a@b@example.org", "a@exa mple.org",      "a\n@example.org",  ""}) {
    CAPTURE(text);
    CHECK(read(text) == "-");
  }
  CHECK(read(std::string(64, 'a') + "@example.org") != "-");
  CHECK(read(std::string(65, 'a') + "@example.org") == "-");
  CHECK(read(std::string(60, 'a') + "@" + std::string(190, 'b') + ".example") == "-");
}

TEST_CASE("read_address: a detail is part of no account", "[accounts]") {
  CHECK(problem("alice+shop@example.org").find("leave it out") != std::string::npos);
  CHECK(problem("alice+shop@example.org", AddressKind::alias) != "");
  CHECK(read("alice+shop@example.org", AddressKind::target) == "alice+shop@example.org");
  CHECK(without_detail("alice+shop@example.org") == "alice@example.org");
  CHECK(without_detail("alice+a+b@example.org") == "alice@example.org");
  CHECK(without_detail("+a@example.org") == "+a@example.org");
  CHECK(without_detail("alice@example.org") == "alice@example.org");
}

TEST_CASE("read_address: catch-alls are aliases only, targets any dot-string", "[accounts]") {
  CHECK(read("@Example.org", AddressKind::alias) == "@example.org");
  CHECK(read("@example.org", AddressKind::target) == "-");
  CHECK(read("a/b=c!d%e@example.net", AddressKind::target) == "a/b=c!d%e@example.net");
  for (const char* text :
       {"a,b@example.org", "a b@example.org", ":include:/x@example.org", "\"|x\"@example.org",
        "a<b@example.org", "a(b)@example.org", "a@[192.0.2.1]extra x"}) {
    CAPTURE(text);
    CHECK(read(text, AddressKind::target) == "-");
  }
}

TEST_CASE("is_address: only what read_address returns", "[accounts]") {
  CHECK(is_address("alice@example.org", AddressKind::account));
  CHECK_FALSE(is_address("Alice@example.org", AddressKind::account));
  CHECK_FALSE(is_address("alice@example.org.", AddressKind::account));
  CHECK_FALSE(is_address("alice@bücher.example", AddressKind::account));
  CHECK(is_address("@example.org", AddressKind::alias));
  CHECK(domain_of("alice@example.org") == "example.org");
  CHECK(local_part_of("alice@example.org") == "alice");
  CHECK(local_part_of("@example.org").empty());
}

}  // namespace
}  // namespace postern::accounts
