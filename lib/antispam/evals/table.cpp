// All eval functions, and those of SpamAssassin's own rules that are not run.
#include <algorithm>
#include <array>
#include <vector>

#include "lib/antispam/evals/eval_tables.hpp"

namespace postern::antispam {
namespace {

using Table = std::span<const Eval> (*)();

constexpr Table tables[] = {
    authentication_evals, bayes_evals,       body_evals,     date_evals,
    dkim_evals,           dns_evals,         freemail_evals, fromname_evals,
    forged_header_evals,  header_evals,      html_evals,     image_evals,
    mime_evals,           recipient_evals,   relay_evals,    uri_evals,
    vbounce_evals,        welcomelist_evals,
};

std::vector<Eval> join() {
  std::vector<Eval> joined;
  for (const Table table : tables) {
    const std::span<const Eval> rows = table();
    joined.insert(joined.end(), rows.begin(), rows.end());
  }
  std::sort(joined.begin(), joined.end(),
            [](const Eval& a, const Eval& b) { return a.name < b.name; });
  return joined;
}

template <typename Row>
const Row* find_row(std::span<const Row> rows, std::string_view name) {
  const auto found =
      std::lower_bound(rows.begin(), rows.end(), name,
                       [](const Row& row, std::string_view n) { return row.name < n; });
  return found == rows.end() || found->name != name ? nullptr : &*found;
}

constexpr std::string_view not_loaded =
    "its plugin is not loaded by SpamAssassin's own configuration, and is not carried";
constexpr std::string_view no_service = "it asks a network service that Postern does not use";
constexpr std::string_view learned = "the reputation of senders is Postern's own check";

constexpr auto missing = std::to_array<MissingEval>({
    {"check_access_database", "AccessDB", "Postfix itself reads its access tables"},
    {"check_body_8bits", "TextCat", not_loaded},
    {"check_dcc", "DCC", no_service},
    {"check_dcc_reputation_range", "DCC", no_service},
    {"check_dns_sender", "DNSEval", "Postfix refuses senders whose domain does not exist"},
    {"check_from_in_auto_welcomelist", "AWL", learned},
    {"check_from_in_auto_whitelist", "AWL", learned},
    {"check_language", "TextCat", not_loaded},
    {"check_microsoft_executable", "AntiVirus", "attachments are Postern's own check"},
    {"check_pyzor", "Pyzor", no_service},
    {"check_razor2", "Razor2", no_service},
    {"check_razor2_range", "Razor2", no_service},
    {"check_senders_reputation", "TxRep", learned},
    {"check_shortcircuit", "Shortcircuit", not_loaded},
    {"check_suspect_name", "AntiVirus", "attachments are Postern's own check"},
    {"pdf_count", "PDFInfo", not_loaded},
    {"pdf_image_count", "PDFInfo", not_loaded},
    {"pdf_image_size_exact", "PDFInfo", not_loaded},
    {"pdf_image_size_range", "PDFInfo", not_loaded},
    {"pdf_image_to_text_ratio", "PDFInfo", not_loaded},
    {"pdf_is_empty_body", "PDFInfo", not_loaded},
    {"pdf_is_encrypted", "PDFInfo", not_loaded},
    {"pdf_match_details", "PDFInfo", not_loaded},
    {"pdf_match_fuzzy_md5", "PDFInfo", not_loaded},
    {"pdf_match_md5", "PDFInfo", not_loaded},
    {"pdf_name_regex", "PDFInfo", not_loaded},
    {"pdf_named", "PDFInfo", not_loaded},
    {"pdf_pixel_coverage", "PDFInfo", not_loaded},
    {"short_url", "DecodeShortURLs", no_service},
    {"short_url_chained", "DecodeShortURLs", no_service},
});
static_assert(std::is_sorted(missing.begin(), missing.end(),
                             [](const auto& a, const auto& b) { return a.name < b.name; }));

}  // namespace

std::span<const Eval> evals() {
  static const std::vector<Eval> all = join();
  return all;
}

const Eval* find_eval(std::string_view name) {
  return find_row(evals(), name);
}

std::span<const MissingEval> missing_evals() {
  return missing;
}

const MissingEval* find_missing_eval(std::string_view name) {
  return find_row(missing_evals(), name);
}

}  // namespace postern::antispam
