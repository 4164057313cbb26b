// Rate limits: so much of something for each value of some attributes in a while.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "lib/config/setting.hpp"
#include "lib/ratelimit/attributes.hpp"
#include "lib/store/known.hpp"
#include "lib/store/operation.hpp"

namespace postern::ratelimit {

inline constexpr std::string_view limit_prefix = "l/";

enum class Attribute {
  client_address,
  client_network,
  client_name,
  helo_name,
  sasl_username,
  sender,
  sender_domain,
  recipient,
  recipient_domain
};
inline constexpr std::size_t max_key_attributes = 9;

/// What is counted: requests of the stage (one for each message at MAIL, DATA, and END-OF-MESSAGE),
/// recipients, or octets.
enum class Count { messages, recipients, bytes };

/// [policy.limit."NAME"].
struct Limit {
  std::string name;
  std::vector<Attribute> key;
  Count count = Count::recipients;
  std::uint32_t amount = 0;  ///< 0: the limit is off.
  config::ByteSize bytes;    ///< In place of `amount` when bytes are counted.
  std::chrono::milliseconds per{};
  store::Take::Algorithm algorithm = store::Take::Algorithm::sliding_window;
  Stage stage = Stage::end_of_message;
  std::string action;  ///< Of access(5); checked by policy::load_settings.

  /// What is allowed in `per`, in the unit of `count`.
  [[nodiscard]] std::uint64_t allowed() const {
    return count == Count::bytes ? bytes.bytes : amount;
  }
};

[[nodiscard]] std::span<const config::Setting<Limit>> limit_table();
/// Whether the parts of a limit fit together; the error is a literal and begins with the parameter.
[[nodiscard]] Expected<void, std::string_view> check(const Limit& limit);

/// What a limit says of a request.
struct LimitOutcome {
  bool applies = false;  ///< False at another stage, or when an attribute of the key is empty.
  bool is_exceeded = false;
  std::string limit;  ///< Its name.
  std::string why;    ///< One line with the numbers; no peer text.
  std::chrono::milliseconds retry_after{};
  std::uint64_t remaining = 0;
};

/// The operation that counts a request; nothing when the limit does not apply to it.
///
/// It is counted once for each instance, so that a question asked twice counts once; a recipient
/// at RCPT once for each instance and recipient. At END-OF-MESSAGE a message counts with all of its
/// recipients, or not at all.
[[nodiscard]] std::optional<store::Take> operation(const Limit& limit, const Attributes& request);

/// \return Nothing while a result of the store is missing.
[[nodiscard]] std::optional<LimitOutcome> evaluate(const Limit& limit, const Attributes& request,
                                                   store::Wants& wants);

/// Several limits, the shortest period first and one after the other, so that a message refused by
/// one does not use up a longer one. The first that is exceeded counts.
[[nodiscard]] std::optional<LimitOutcome> evaluate(std::span<const Limit> limits,
                                                   const Attributes& request, store::Wants& wants);

}  // namespace postern::ratelimit

namespace postern::config {

template <>
struct ValueType<std::vector<ratelimit::Attribute>> {
  static constexpr std::string_view name =
      "list of client_address, client_network, client_name, helo_name, sasl_username, sender, "
      "sender_domain, recipient, recipient_domain";
  static Expected<std::vector<ratelimit::Attribute>, std::string_view> read(const Value& value);
};

template <>
struct ValueType<ratelimit::Count> {
  static constexpr std::string_view name = R"("messages", "recipients", or "bytes")";
  static Expected<ratelimit::Count, std::string_view> read(const Value& value) {
    using ratelimit::Count;
    return read_word<Count>(
        value,
        {{"messages", Count::messages}, {"recipients", Count::recipients}, {"bytes", Count::bytes}},
        R"(is not "messages", "recipients", or "bytes")");
  }
};

template <>
struct ValueType<store::Take::Algorithm> {
  static constexpr std::string_view name = R"("sliding-window" or "gcra")";
  static Expected<store::Take::Algorithm, std::string_view> read(const Value& value) {
    using Algorithm = store::Take::Algorithm;
    return read_word<Algorithm>(
        value, {{"sliding-window", Algorithm::sliding_window}, {"gcra", Algorithm::gcra}},
        R"(is neither "sliding-window" nor "gcra")");
  }
};

template <>
struct ValueType<ratelimit::Stage> {
  static constexpr std::string_view name =
      R"("CONNECT", "HELO", "MAIL", "RCPT", "DATA", or "END-OF-MESSAGE")";
  static Expected<ratelimit::Stage, std::string_view> read(const Value& value) {
    using ratelimit::Stage;
    return read_word<Stage>(value,
                            {{"CONNECT", Stage::connect},
                             {"HELO", Stage::helo},
                             {"MAIL", Stage::mail},
                             {"RCPT", Stage::rcpt},
                             {"DATA", Stage::data},
                             {"END-OF-MESSAGE", Stage::end_of_message}},
                            R"(is not "CONNECT", "HELO", "MAIL", "RCPT", "DATA", or )"
                            R"("END-OF-MESSAGE")");
  }
};

}  // namespace postern::config
