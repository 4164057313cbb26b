// How the words of a decision stand in the configuration file.
#pragma once

#include "lib/config/setting.hpp"
#include "lib/disposition/disposition.hpp"

namespace postern::config {

using disposition::Action;
using disposition::FailMode;
using disposition::Mode;

template <>
struct ValueType<Mode> {
  static constexpr std::string_view name = R"("observe" or "enforce")";
  static Expected<Mode, std::string_view> read(const Value& value) {
    return read_word<Mode>(value, {{"observe", Mode::observe}, {"enforce", Mode::enforce}},
                           R"(is neither "observe" nor "enforce")");
  }
};

template <>
struct ValueType<FailMode> {
  static constexpr std::string_view name = R"("accept" or "tempfail")";
  static Expected<FailMode, std::string_view> read(const Value& value) {
    return read_word<FailMode>(value,
                               {{"accept", FailMode::accept}, {"tempfail", FailMode::tempfail}},
                               R"(is neither "accept" nor "tempfail")");
  }
};

template <>
struct ValueType<disposition::CheckAuthor> {
  static constexpr std::string_view name = R"("off", "unsigned", or "reject")";
  static Expected<disposition::CheckAuthor, std::string_view> read(const Value& value) {
    using disposition::CheckAuthor;
    return read_word<CheckAuthor>(value,
                                  {{"off", CheckAuthor::off},
                                   {"unsigned", CheckAuthor::no_signature},
                                   {"reject", CheckAuthor::reject}},
                                  R"(is not "off", "unsigned", or "reject")");
  }
};

template <>
struct ValueType<Action> {
  static constexpr std::string_view name = R"("accept", "tag", "hold", "tempfail", or "reject")";
  static Expected<Action, std::string_view> read(const Value& value) {
    return read_word<Action>(value,
                             {{"accept", Action::accept},
                              {"tag", Action::tag},
                              {"hold", Action::quarantine},
                              {"tempfail", Action::defer},
                              {"reject", Action::reject}},
                             R"(is not "accept", "tag", "hold", "tempfail", or "reject")");
  }
};

template <>
struct ValueType<disposition::ContentAction> {
  static constexpr std::string_view name =
      R"("accept", "tag", "hold", "discard", "tempfail", or "reject")";
  static Expected<disposition::ContentAction, std::string_view> read(const Value& value) {
    return read_word<Action>(
               value,
               {{"accept", Action::accept},
                {"tag", Action::tag},
                {"hold", Action::quarantine},
                {"discard", Action::discard},
                {"tempfail", Action::defer},
                {"reject", Action::reject}},
               R"(is not "accept", "tag", "hold", "discard", "tempfail", or "reject")")
        .map([](Action action) { return disposition::ContentAction{action}; });
  }
};

}  // namespace postern::config
