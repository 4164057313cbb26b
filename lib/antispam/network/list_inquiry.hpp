// The questions that rules ask about one message: checked, allowed, and bounded.
#pragma once

#include <array>
#include <cstddef>
#include <map>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "lib/antispam/evals/eval.hpp"
#include "lib/dns/answers.hpp"

namespace postern::antispam {

/// What a question is about, that which tells most of a message first.
enum class Worth {
  client,  ///< The address that the message came from to us.
  sender,  ///< Domains of the envelope and of From.
  link,
  other,   ///< Relays farther away, digests, other fields.
  server,  ///< Name servers and addresses of hosts, and what lists say of these.
};
constexpr std::size_t worths = 5;

/// Questions of each: a sender who fills one up takes no room from the others.
constexpr std::array<std::size_t, worths> max_questions_about = {64, 96, 160, 96, 160};
/// antispam.max_questions where nobody says otherwise.
constexpr std::size_t usual_list_questions = 400;

/// Who asks, and about what.
struct Asker {
  std::size_t rule = 0;  ///< Index in RuleSet::rules.
  Worth worth = Worth::other;
};

class ListInquiry {
 public:
  /// \param left_alone  Lists that are not asked now. All borrowed.
  /// \param limit       Questions in all, of any worth.
  ListInquiry(EvalContext& context, std::span<const std::string> left_alone,
              const dns::Answers& answers, std::size_t limit)
      : context_(context), left_alone_(left_alone), answers_(answers), limit_(limit) {}

  /// The answer; nullptr while it is not known, and for names that are not asked: such as are no
  /// host names, those that dns_query_restriction denies, those of lists that are left alone, and
  /// what is beyond the limits.
  /// \param name  Of anybody.
  /// \param list  The list that it is a name in; empty: it is in none.
  const dns::Answer* ask(std::string_view name, dns::Type type, Asker asker,
                         std::string_view list = {});
  /// What a list says of an address or of a name; nothing is told of private addresses and of
  /// names of our own.
  const dns::Answer* ask_list(std::string_view subject, std::string_view list, dns::Type type,
                              Asker asker);

  struct Result {
    dns::Questions missing;  ///< The most telling ones first.
    std::vector<std::size_t>
        unasked;  ///< Rules of which a question is beyond the limits; ascending.
    std::vector<std::string> answering, silent;  ///< Lists, as ListReport has them.
  };
  [[nodiscard]] Result finish() &&;

 private:
  struct Wanted {
    dns::Question question;
    Worth worth;
    std::vector<std::size_t> rules;
  };
  struct ListAnswers {
    bool answers = false, fails = false;
  };

  [[nodiscard]] bool may_ask(std::string_view name) const;
  void note_answer(std::string_view list, const dns::Answer& answer, Asker asker);
  void cut();

  static constexpr std::size_t is_answered = static_cast<std::size_t>(-1);

  EvalContext& context_;
  std::span<const std::string> left_alone_;
  const dns::Answers& answers_;
  std::size_t limit_;
  std::array<std::size_t, worths> counts_{};
  std::map<dns::Question, std::size_t> seen_;  // to its place in wanted_, or is_answered
  std::vector<Wanted> wanted_;
  std::set<std::size_t> unasked_;
  std::map<std::string, ListAnswers, std::less<>> lists_;
};

/// "4.3.2.1" of 1.2.3.4, and nibbles of an IPv6 address (RFC 5782 §2.4); empty: `ip` is no address.
[[nodiscard]] std::string reversed_address(std::string_view ip);

}  // namespace postern::antispam
