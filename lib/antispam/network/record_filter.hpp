// Which records of an answer make a rule hit: the subtests of check_rbl, uridnssub, and askdns.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/antispam/evals/eval.hpp"
#include "lib/antispam/text/regex.hpp"
#include "lib/dns/answers.hpp"

namespace postern::antispam {

/// One record as filters see it.
struct RecordText {
  std::string text;                     ///< As Net::DNS writes the data, without quotes.
  std::optional<std::uint32_t> number;  ///< Of an IPv4 address.

  /// In 127.0.0.0/8, where lists answer.
  [[nodiscard]] bool is_loopback() const { return number && *number >> 24 == 127; }
};

/// The records of an answer to a question of this type.
[[nodiscard]] std::vector<RecordText> record_texts(const dns::Answer& answer);

class RecordFilter {
 public:
  /// Any record.
  RecordFilter() = default;

  /// Of check_rbl and check_rbl_sub: a bit mask in decimal, an IPv4 address, or a pattern. Empty:
  /// any record. \return Nothing for a pattern that does not compile.
  [[nodiscard]] static std::optional<RecordFilter> of_rbl(std::string_view subtest,
                                                          const RegexSource& regexes);
  /// Of uridnssub and its kin: "N", "N-N", or "N/N" in decimal, or empty.
  [[nodiscard]] static RecordFilter of_uri_list(std::string_view subtest);
  /// Of askdns, as written: /pattern/, "text", [RCODE,…], or numbers; or empty.
  [[nodiscard]] static std::optional<RecordFilter> of_askdns(std::string_view filter,
                                                             const RegexSource& regexes);
  /// Of a list of hashes: a pattern; empty: any address in 127.0.0.0/8.
  [[nodiscard]] static std::optional<RecordFilter> of_hash_list(std::string_view subtest,
                                                                const RegexSource& regexes);

  [[nodiscard]] bool accepts(const RecordText& record) const;
  /// Codes alone decide, whatever the records are.
  [[nodiscard]] bool is_of_codes() const { return !codes_.empty(); }
  [[nodiscard]] bool accepts_code(unsigned code) const;
  [[nodiscard]] bool is_any() const { return kind_ == Kind::any; }

 private:
  enum class Kind { any, loopback, text, mask, range, masked_value, pattern, codes };

  [[nodiscard]] bool accepts_number(std::uint32_t number) const;
  [[nodiscard]] bool read_numbers(std::string_view text);

  Kind kind_ = Kind::any;
  std::string text_;
  std::uint64_t first_ = 0, second_ = 0;
  const Regex* regex_ = nullptr;
  std::vector<unsigned> codes_;
};

}  // namespace postern::antispam
