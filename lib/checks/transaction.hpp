// One message on its way through the checks: fed as it arrives, asked what it needs to know, and
// finally asked for its verdict. Pure: the caller waits, tells the time, and applies the result.
#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/checks/check.hpp"
#include "lib/checks/configuration.hpp"
#include "lib/checks/signatures.hpp"
#include "lib/disposition/disposition.hpp"
#include "lib/report/verdict.hpp"

namespace postern::checks {

/// The caller goes through the stages in order: advance(mail), add_header_field()…,
/// advance(header), body()…, advance(body). Each advance() may be repeated with more answers;
/// after the last one returned no question, verdict() is complete.
class Transaction {
 public:
  /// \param services  Outlives the transaction.
  /// \param keys      Who signs for us; nullptr when nobody does.
  Transaction(std::shared_ptr<const Configuration> configuration, const Services& services,
              verdict::Envelope envelope, disposition::Direction direction,
              std::shared_ptr<const dkim::KeySource> keys = nullptr);
  Transaction(const Transaction&) = delete;  // checks hold views into it
  Transaction& operator=(const Transaction&) = delete;
  ~Transaction() = default;

  /// Adds the next field from the top.
  /// \param name   Without the colon.
  /// \param value  Everything after the colon; folded with CRLF or LF.
  void add_header_field(std::string_view name, std::string_view value);

  /// Adds the next piece of the body, with CRLF line ends.
  void add_body(std::string_view bytes);

  /// Runs every check that can run at this stage and is not done.
  /// \param now  Seconds since the epoch.
  /// \return The questions to be answered; those for a later stage too, so that they can be asked
  ///         early. At stage body none of them, no missing_lists(), no missing_owners(), and no
  ///         missing_scan() means that every check is done.
  dns::Questions advance(Stage stage, const dns::Answers& answers, std::int64_t now);

  /// Addresses whose owners the last advance() wanted to know; to be looked up and added.
  [[nodiscard]] const std::vector<std::string>& missing_owners() const { return missing_owners_; }
  /// What the last advance() wants asked beyond dns.max_questions and dns.budget: by rules, which
  /// have limits of their own. The most telling ones first.
  [[nodiscard]] const dns::Questions& missing_lists() const { return missing_lists_; }
  /// What the last advance() wanted scanned for viruses, or nothing; to be scanned and reported.
  /// The views are good as long as the transaction.
  [[nodiscard]] const std::vector<antivirus::Scannable>& missing_scan() const {
    return missing_scan_;
  }
  void add_scan(antivirus::Report report) { scan_ = std::move(report); }
  /// \param path  Without angle brackets.
  void add_recipient(std::string_view path) {
    if (envelope_.recipients.size() < verdict::max_recipients)
      envelope_.recipients.emplace_back(path);
  }

  void add_owners(const std::string& address, submission::Owners owners) {
    owners_.insert_or_assign(address, std::move(owners));
  }

  /// The result, after the last advance(). To be called once: it takes the findings with it.
  [[nodiscard]] report::Verdict verdict();

  [[nodiscard]] const verdict::Envelope& envelope() const { return envelope_; }
  [[nodiscard]] disposition::Direction direction() const { return direction_; }

 private:
  struct Span {  // of one field in header_text_
    std::size_t begin = 0;
    std::size_t name_size = 0;
    std::size_t end = 0;
  };
  struct Run {  // of one check
    bool done = false;
    Memory memory;
  };

  [[nodiscard]] bool is_judged() const { return direction_ == disposition::Direction::inbound; }
  void note_forged(std::string_view name, std::string_view value);
  void note_limit(std::string_view setting);
  void give_up(std::string_view setting);
  void break_long_lines(std::size_t field_begin);
  void complete_header();
  void complete_content();
  bool can_run(std::size_t check, Stage stage) const;

  std::shared_ptr<const Configuration> configuration_;
  const Services& services_;
  verdict::Envelope envelope_;
  disposition::Direction direction_;
  std::string header_text_;
  std::vector<Span> spans_;
  std::map<std::string, unsigned, std::less<>>
      seen_;  // fields that may be forged, by lower-case name
  std::vector<report::RemovedField> removed_;
  std::optional<mail::HeaderSection> header_;
  std::optional<dkim::BodyHasher> body_hasher_;
  bool body_finished_ = false;
  bool keeps_body_ = false;
  std::string body_;
  bool body_cut_ = false;
  std::optional<Content> content_;
  bool wants_content_ = false;        // whether anybody looks at more than the envelope
  bool judged_before_ = false;        // results of ours came with it
  bool removes_spam_fields_ = false;  // X-Spam-*, which the antispam check writes
  Signatures signatures_;
  submission::KnownOwners owners_;
  dns::Questions missing_lists_;
  std::vector<std::string> missing_owners_;
  std::vector<antivirus::Scannable> missing_scan_;
  std::optional<antivirus::Report> scan_;
  std::int64_t now_ = 0;
  std::shared_ptr<const dkim::KeySource> keys_;
  std::vector<Run> runs_;
  verdict::Findings findings_;
};

}  // namespace postern::checks
