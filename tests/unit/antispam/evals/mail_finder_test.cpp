#include "lib/antispam/evals/mail_finder.hpp"

#include <string>

#include "tests/support/catch.hpp"

namespace postern::antispam {
namespace {

struct Finder {
  Finder() { options.tlds = {"com", "org"}; }
  Options options;
  RegistryBoundaries boundaries{options};
  MailFinder finder{boundaries};

  std::string first(std::string_view text) const {
    const auto found = finder.find(text, 0);
    return found ? std::string(text.substr(found->begin, found->end - found->begin)) : "";
  }
};

// As FreeMail.pm's regular expressions do.
TEST_CASE("MailFinder: addresses in text", "[antispam][evals]") {
  const Finder all;
  CHECK(all.first("write ann.b+c@mail.example.com now") == "ann.b+c@mail.example.com");
  CHECK(all.first("a..b@example.com.") == "b@example.com");
  CHECK(all.first("a@example.invalid x@b.org") == "x@b.org");
  CHECK(all.first("a@example.com-x").empty());
  CHECK(all.first("a@1.2.3.4.5.com").empty());
  CHECK(all.first(std::string(65, 'a') + "@example.com").empty());
  CHECK(all.first(std::string(64, 'a') + "@example.com").size() == 76);
}

TEST_CASE("MailFinder: what is quoted is no address that one is asked to write to",
          "[antispam][evals]") {
  const Finder all;
  const auto without = [&all](std::string_view text) { return all.finder.without_quoted(text); };
  CHECK(without("Ann <ann@example.com> wrote") == "Ann   wrote");
  CHECK(without("ann@example.com wrote: x") == "  x");
  CHECK(without("ann@example.com tel: 1") == "ann@example.com tel: 1");
  CHECK(without("<mailto:ann@example.com>") == "<mailto:ann@example.com>");
  CHECK(without("see <http://example.com/?a@b> and http://example.com/") ==
        "see   and http://example.com/");
}

}  // namespace
}  // namespace postern::antispam
