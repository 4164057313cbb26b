// What DNS has said so far, and what an evaluator still needs to know. Nothing here waits.
#pragma once

#include <compare>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "lib/base/ip_address.hpp"

namespace postern::dns {

enum class Type { a, aaaa, mx, txt, ptr, tlsa, ns };

/// One question; `name` in the form of parse_name.
struct Question {
  std::string name;
  Type type = Type::txt;

  auto operator<=>(const Question&) const = default;
};
using Questions = std::vector<Question>;

/// How a question ended. A CNAME is followed by who answers, so the records are those of its
/// target.
enum class Status {
  success,   ///< At least one record.
  no_data,   ///< The name exists, but has no record of this type.
  nxdomain,  ///< The name does not exist, nor any below it (RFC 8020).
  servfail,  ///< A server answered with an error or with nonsense, or DNSSEC found the answer
             ///< bogus.
  timeout,   ///< No answer within our own deadline.
  not_asked  ///< A limit of our own: DNS has said nothing.
};

/// What DNSSEC said of an answer (RFC 4035 §4.3).
enum class Security { indeterminate, insecure, secure, bogus };

struct MxRecord {
  std::uint16_t preference = 0;
  std::string exchange;  ///< In the form of parse_name, or empty for the null MX (RFC 7505).

  auto operator<=>(const MxRecord&) const = default;
};

/// What a TLSA record is about (RFC 6698 §2.1). Its data is what TLS compares; here its size is
/// enough.
struct TlsaRecord {
  std::uint8_t usage = 0;
  std::uint8_t selector = 0;
  std::uint8_t matching_type = 0;
  std::uint16_t data_size = 0;  ///< Octets of the certificate association data.

  auto operator<=>(const TlsaRecord&) const = default;
};

/// The records of one type at one name. Only the member that fits the type of the question is set.
struct Answer {
  Status status = Status::no_data;
  Security security = Security::indeterminate;
  std::vector<IpAddress> addresses;  ///< Of A and AAAA.
  std::vector<MxRecord> exchanges;   ///< Of MX.
  std::vector<std::string> texts;  ///< Of TXT: the character-strings of a record joined. Any bytes.
  std::vector<std::string> names;  ///< Of PTR and NS, in the form of parse_name.
  std::vector<TlsaRecord> tlsa;

  [[nodiscard]] std::size_t record_count() const {
    return addresses.size() + exchanges.size() + texts.size() + names.size() + tlsa.size();
  }

  /// No record, and none to be had: nxdomain or no_data ("void", RFC 7208 §4.6.4).
  [[nodiscard]] bool is_void() const {
    return status == Status::no_data || status == Status::nxdomain;
  }
  /// Nobody knows: the evaluator says temperror.
  [[nodiscard]] bool is_failure() const {
    return status == Status::servfail || status == Status::timeout || status == Status::not_asked;
  }
};

/// An answer that nobody changes any more: the cache and all who asked hold the same one.
using SharedAnswer = std::shared_ptr<const Answer>;

/// The answers known so far about one message.
class Answers {
 public:
  /// The answer to a question, or nullptr while it is not known. Valid until the object goes.
  [[nodiscard]] const Answer* find(std::string_view name, Type type) const;

  /// Adds an answer. The first one given to a question stays, so a result cannot change later.
  void add(Question question, SharedAnswer answer);
  void add(Question question, Answer answer);

  [[nodiscard]] std::size_t size() const { return answers_.size(); }

 private:
  friend class Lookups;

  // Ordered by (type, name) and searched without building a Question.
  struct Less {
    using is_transparent = void;
    using Key = std::pair<Type, std::string_view>;
    static Key key(const Question& question) { return {question.type, question.name}; }
    bool operator()(const Question& a, const Question& b) const { return key(a) < key(b); }
    bool operator()(const Question& a, const Key& b) const { return key(a) < b; }
    bool operator()(const Key& a, const Question& b) const { return a < key(b); }
  };
  std::map<Question, SharedAnswer, Less> answers_;
};

/// How one evaluation reads Answers: what it needs and does not find becomes a missing question.
/// It also counts the different questions the evaluation rests on.
class Lookups {
 public:
  explicit Lookups(const Answers& answers) : answers_(answers) {}

  /// The answer, or nullptr after noting the question as missing.
  /// \param name  In the form of parse_name; the caller has checked it.
  const Answer* find(std::string_view name, Type type);

  /// Notes a question that will be needed soon, so that it is asked together with the others.
  void expect(std::string_view name, Type type) { find(name, type); }

  [[nodiscard]] bool has_missing() const { return !missing_.empty(); }
  /// In ascending order.
  [[nodiscard]] const Questions& missing() const& { return missing_; }
  [[nodiscard]] Questions missing() && { return std::move(missing_); }
  /// Different questions found or noted so far.
  [[nodiscard]] unsigned count() const {
    return static_cast<unsigned>(found_.size() + missing_.size());
  }

 private:
  const Answers& answers_;
  // Both sorted and without duplicates; a few each, which a set would cost an allocation each.
  std::vector<const SharedAnswer*> found_;  // their places in answers_
  Questions missing_;
};

/// Either the result of an evaluation or the questions it needs answered first. An evaluator given
/// the same answers gives the same Evaluation, in whatever order they came.
template <typename T>
class Evaluation {
 public:
  // Not explicit: "return result;" and "return lookups.missing();" are what evaluators say.
  // NOLINTNEXTLINE(google-explicit-constructor)
  Evaluation(T result) : state_(std::move(result)) {}
  // NOLINTNEXTLINE(google-explicit-constructor)
  Evaluation(Questions missing) : state_(std::move(missing)) {}

  [[nodiscard]] bool is_done() const { return std::holds_alternative<T>(state_); }
  /// Only when is_done().
  [[nodiscard]] const T& result() const& { return std::get<T>(state_); }
  [[nodiscard]] T result() && { return std::get<T>(std::move(state_)); }
  /// Empty when is_done().
  [[nodiscard]] Questions missing() const& {
    const auto* questions = std::get_if<Questions>(&state_);
    return questions != nullptr ? *questions : Questions{};
  }
  [[nodiscard]] Questions missing() && {
    auto* questions = std::get_if<Questions>(&state_);
    return questions != nullptr ? std::move(*questions) : Questions{};
  }

 private:
  std::variant<T, Questions> state_;
};

}  // namespace postern::dns
