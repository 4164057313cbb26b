#include "lib/antivirus/status.hpp"

#include <array>
#include <optional>
#include <utility>

#include "lib/antivirus/scan_protocol.hpp"
#include "lib/base/named_values.hpp"

namespace postern::antivirus {
namespace {

constexpr std::size_t max_generation_size = 64;
constexpr std::size_t max_problem_size = 1024;
constexpr std::int64_t max_count = std::int64_t{1} << 60;

struct NumberField {
  std::string_view name;
  std::int64_t Status::*member;
};
constexpr std::array<NumberField, 11> numbers = {{{"signatures", &Status::signatures},
                                                  {"since", &Status::since},
                                                  {"children", &Status::children},
                                                  {"busy", &Status::busy},
                                                  {"waiting", &Status::waiting},
                                                  {"scanned", &Status::scanned},
                                                  {"infected", &Status::infected},
                                                  {"unscannable", &Status::unscannable},
                                                  {"retried", &Status::retried},
                                                  {"cache_hits", &Status::cache_hits},
                                                  {"memory", &Status::memory}}};
constexpr std::array<ValueName, 15> status_names = {{{"mode", "has no mode"},
                                                     {"generation"},
                                                     {"loading"},
                                                     {"problem"},
                                                     {"signatures"},
                                                     {"since"},
                                                     {"children"},
                                                     {"busy"},
                                                     {"waiting"},
                                                     {"scanned"},
                                                     {"infected"},
                                                     {"unscannable"},
                                                     {"retried"},
                                                     {"cache_hits"},
                                                     {"memory"}}};
constexpr RecordForm status_form{"status1", "does not start with status1", status_names,
                                 max_packet_size};
constexpr std::array<ValueName, 3> reload_names = {{{"generation"}, {"signatures"}, {"problem"}}};
constexpr RecordForm reload_form{"reloaded1", "does not start with reloaded1", reload_names,
                                 max_packet_size};

std::optional<Mode> parse_mode(std::string_view word) {
  for (const Mode mode : {Mode::full, Mode::attachments, Mode::off}) {
    if (to_word(mode) == word) return mode;
  }
  return std::nullopt;
}

bool read_field(std::string_view name, std::string_view value, Status& status) {
  if (name == "mode") {
    const auto mode = parse_mode(value);
    if (mode) status.mode = *mode;
    return mode.has_value();
  }
  if (name == "generation") return unescape_value(value, max_generation_size, status.generation);
  if (name == "problem") return unescape_value(value, max_problem_size, status.problem);
  if (name == "loading") {
    std::int64_t flag = 0;
    if (!read_number(value, 1, flag)) return false;
    status.loading = flag == 1;
    return true;
  }
  for (const NumberField& field : numbers) {
    if (field.name == name) return read_number(value, max_count, status.*field.member);
  }
  return false;
}

void add_text(std::string& line, std::string_view name, std::string_view value,
              std::size_t max_size) {
  if (value.empty()) return;
  line.append(" ").append(name).append("=").append(escape_value(value.substr(0, max_size)));
}

void add_number(std::string& line, std::string_view name, std::int64_t value) {
  line.append(" ").append(name).append("=").append(std::to_string(value));
}

}  // namespace

std::string format(const Status& status) {
  std::string line = "status1 mode=" + std::string(to_word(status.mode));
  add_text(line, "generation", status.generation, max_generation_size);
  add_text(line, "problem", status.problem, max_problem_size);
  add_number(line, "loading", status.loading ? 1 : 0);
  for (const NumberField& field : numbers) add_number(line, field.name, status.*field.member);
  return line;
}

Parsed<Status> parse_status(std::string_view text) {
  Status status;
  const auto read = [&](std::size_t place, std::string_view value) -> std::string_view {
    return read_field(status_names.at(place).name, value, status)
               ? std::string_view()
               : "has a value that cannot be read";
  };
  return read_named_values(text, status_form, read).map([&] { return std::move(status); });
}

std::string format(const ReloadAnswer& answer) {
  std::string line = "reloaded1";
  add_text(line, "generation", answer.generation, max_generation_size);
  add_number(line, "signatures", answer.signatures);
  add_text(line, "problem", answer.problem, max_problem_size);
  return line;
}

Parsed<ReloadAnswer> parse_reload_answer(std::string_view text) {
  ReloadAnswer answer;
  const auto read = [&](std::size_t place, std::string_view value) -> std::string_view {
    const bool is_right = place == 0 ? unescape_value(value, max_generation_size, answer.generation)
                          : place == 1 ? read_number(value, max_count, answer.signatures)
                                       : unescape_value(value, max_problem_size, answer.problem);
    return is_right ? std::string_view() : "has a value that cannot be read";
  };
  return read_named_values(text, reload_form, read).map([&] { return std::move(answer); });
}

}  // namespace postern::antivirus
