#include "lib/mta_sts/entry.hpp"

#include "lib/mta_sts/settings.hpp"
#include "tests/support/catch.hpp"

namespace postern::mta_sts {
namespace {

using namespace std::chrono_literals;

const store::Time start{1'800'000'000'000ms};

Entry entry_of(std::chrono::seconds max_age) {
  return {"a1", Policy{Mode::enforce, {"mx.example"}, max_age}, start, {}, {}};
}

TEST_CASE("time_left: until max_age, whatever the clock does", "[mta_sts][rfc8461-5.1]") {
  const auto [later, left] = GENERATE(table<std::chrono::milliseconds, std::chrono::milliseconds>({
      {0s, 3600s},
      {10s, 3590s},
      {3600s, 0s},
      {24h * 3650, 0s},
      {-1h, 3600s},  // stepped back: no older than new
      {-25h, 0s},    // fetched under a clock far ahead
  }));
  CHECK(time_left(entry_of(3600s), start + later) == left);
  CHECK(is_valid(entry_of(3600s), start + later) == (left > 0s));
}

TEST_CASE("time_left: nothing is not in force", "[mta_sts]") {
  CHECK_FALSE(is_valid(Entry{}, start));
  CHECK_FALSE(is_valid(entry_of(0s), start));
}

TEST_CASE("is_refresh_due: after a day or half of max_age", "[mta_sts]") {
  CHECK_FALSE(is_refresh_due(entry_of(604800s), start + 23h));
  CHECK(is_refresh_due(entry_of(604800s), start + 24h));
  CHECK_FALSE(is_refresh_due(entry_of(3600s), start + 29min));
  CHECK(is_refresh_due(entry_of(3600s), start + 30min));
  CHECK_FALSE(is_refresh_due(entry_of(3600s), start + 60min));
}

TEST_CASE("has_just_failed: for the same id, for a while", "[mta_sts][rfc8461-3.3]") {
  Entry entry;
  CHECK_FALSE(has_just_failed(entry, "", start));
  entry.failed_id = "b2";
  entry.failed = start;
  CHECK(has_just_failed(entry, "b2", start + 4min));
  CHECK(has_just_failed(entry, "b2", start - 1h));
  CHECK_FALSE(has_just_failed(entry, "b2", start - 25h));
  CHECK_FALSE(has_just_failed(entry, "b2", start + 5min));
  CHECK_FALSE(has_just_failed(entry, "b3", start + 1min));
}

TEST_CASE("parse_entry: reads what format writes", "[mta_sts]") {
  const Entry entry = GENERATE(values<Entry>(
      {{},
       {"a1", Policy{Mode::enforce, {"mx.example", "*.example.net"}, 86400s}, start, {}, {}},
       {"a1", Policy{Mode::none, {}, 86400s}, start, "b2", start + 1h},
       {{}, {}, {}, "b2", start}}));
  CHECK(parse_entry(format(entry)) == entry);
}

TEST_CASE("parse_entry: anything else is nothing", "[mta_sts][security]") {
  const auto text = GENERATE(as<std::string>{}, "", "sts1", "sts2 - 0 - 0\n", "sts1 - 0 - \n",
                             "sts1 - -1 - 0\n", "sts1 a.b 0 - 0\n", "sts1 - 0 - 0 x\n",
                             "sts1 - 9999999999999999 - 0\n", "sts1 - 0 - 99999999999999999999\n",
                             "sts1 - 0 - 0\nmode: enforce\n", "sts1 - 1x - 0\n");
  CHECK_FALSE(parse_entry(text));
}

TEST_CASE("keep: as long as it says something", "[mta_sts]") {
  const auto put = [](const Entry& entry, store::Time now) {
    return std::get<store::Put>(keep("example.org", entry, now));
  };
  CHECK(put(entry_of(86400s), start).key == "s/example.org");
  CHECK(put(entry_of(86400s), start).lifetime == 86400s);
  CHECK(put(entry_of(0s), start).lifetime == 10min);
  CHECK(domain_of_key("s/example.org") == "example.org");
  CHECK_FALSE(domain_of_key("g/example.org"));
  CHECK_FALSE(domain_of_key("s/"));
}

TEST_CASE("load_settings: defaults and options", "[mta_sts]") {
  const auto settings = load_settings({});
  REQUIRE(settings);
  CHECK(settings->enabled);
  CHECK(settings->timeout == 10s);
  CHECK(settings->options().reports == TlsReports::off);
  CHECK(settings->options().wants_addresses);
  const auto document = config::parse_document(
      "[mta_sts]\ntls_reports = true\ndane = true\nconnect_to = \"127.0.0.1:1\"\n", "file");
  REQUIRE(document);
  CHECK(config::check_keys(*document, setting_rows()));
  const auto other = load_settings(*document);
  REQUIRE(other);
  CHECK(other->options().reports == TlsReports::on);
  CHECK(other->options().dane);
  CHECK_FALSE(other->options().wants_addresses);
}

}  // namespace
}  // namespace postern::mta_sts
