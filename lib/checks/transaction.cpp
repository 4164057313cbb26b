#include "lib/checks/transaction.hpp"

#include <algorithm>
#include <iterator>

#include "lib/authres/parse.hpp"
#include "lib/base/ascii.hpp"
#include "lib/report/header_fields.hpp"

namespace postern::checks {
namespace {

// A value of the milter protocol is folded with LF; on the wire the field had CRLF.
void append_with_crlf(std::string& text, std::string_view value) {
  while (true) {
    const std::size_t newline = value.find('\n');
    if (newline == value.npos) break;
    const bool has_cr = newline > 0 && value[newline - 1] == '\r';
    text.append(value.substr(0, has_cr ? newline - 1 : newline)).append("\r\n");
    value.remove_prefix(newline + 1);
  }
  text.append(value);
}

}  // namespace

Transaction::Transaction(std::shared_ptr<const Configuration> configuration,
                         const Services& services, verdict::Envelope envelope,
                         disposition::Direction direction,
                         std::shared_ptr<const dkim::KeySource> keys)
    : configuration_(std::move(configuration)),
      services_(services),
      envelope_(std::move(envelope)),
      direction_(direction),
      signatures_(*configuration_, services_, direction, keys),
      keys_(std::move(keys)),
      runs_(table().size()) {
  wants_content_ = is_judged() || signatures_.wants_content();
  const auto checks = table();
  for (std::size_t i = 0; i < checks.size(); ++i) {
    const bool runs = checks[i].applies(configuration_->checks[i].get(), direction);
    runs_[i].done = !runs;
    wants_content_ = wants_content_ || runs;
    keeps_body_ = keeps_body_ || (runs && checks[i].reads_body);
    removes_spam_fields_ =
        removes_spam_fields_ || (runs && checks[i].writes_spam_fields &&
                                 configuration_->disposition.enforcement.covers(checks[i].name));
  }
}

void Transaction::note_forged(std::string_view name, std::string_view value) {
  const std::string_view given = name;
  name = ascii::trim(name);  // white space before the colon hides nothing (RFC 5322 §4.5)
  const bool is_results = ascii::equals_ignoring_case(name, report::results_field_name);
  const bool is_ours = ascii::starts_with_ignoring_case(name, report::own_prefix);
  const bool is_spam_field =
      removes_spam_fields_ && ascii::starts_with_ignoring_case(name, report::spam_prefix);
  if (!is_results && !is_ours && !is_spam_field) return;
  const unsigned index = ++seen_[ascii::to_lower(name)];
  if (is_results && !authres::is_ours(value, configuration_->general.authserv_id)) return;
  removed_.push_back({std::string(given), index});
  judged_before_ = judged_before_ || is_results;
}

void Transaction::note_limit(std::string_view setting) {
  auto& limits = findings_.limits;
  if (std::find(limits.begin(), limits.end(), setting) == limits.end()) {
    limits.emplace_back(setting);
  }
}

void Transaction::give_up(std::string_view setting) {
  note_limit(setting);
  if (findings_.unjudged.empty()) findings_.unjudged = setting;
}

void Transaction::add_header_field(std::string_view name, std::string_view value) {
  note_forged(name, value);  // beyond any limit: a forged field is removed wherever it stands
  if (!wants_content_) return;
  const GeneralSettings& limits = configuration_->general;
  if (spans_.size() >= limits.max_header_fields) return give_up("limits.header_fields");
  if (header_text_.size() + name.size() + value.size() > limits.max_header_size.bytes) {
    return give_up("limits.header_size");
  }
  Span span;
  span.begin = header_text_.size();
  span.name_size = name.size();
  header_text_.append(name).append(":");
  append_with_crlf(header_text_, value);
  break_long_lines(span.begin);
  span.end = header_text_.size();
  header_text_.append("\r\n");
  spans_.push_back(span);
}

// Mail of our own is signed as Postfix will send it: see signing::LineBreaker.
void Transaction::break_long_lines(std::size_t field_begin) {
  const std::size_t limit = configuration_->signing.line_limit;
  if (is_judged() || limit == 0 || header_text_.size() - field_begin <= limit) return;
  std::string broken;
  const auto sink = [&](std::string_view octets) { broken += octets; };
  signing::LineBreaker breaker(limit);
  breaker.put(std::string_view(header_text_).substr(field_begin), sink);
  breaker.finish(sink);
  header_text_.replace(field_begin, header_text_.npos, broken);
}

// Makes the views, now that the text cannot move any more. A section over a limit is not judged at
// all, since a part of it could say the opposite of the whole.
void Transaction::complete_header() {
  const std::string_view text = header_text_;
  std::vector<mail::HeaderField> fields;
  fields.reserve(spans_.size());
  for (const Span& span : spans_) {
    mail::HeaderField field;
    field.raw = text.substr(span.begin, span.end - span.begin);
    field.name = field.raw.substr(0, span.name_size);
    while (field.name.ends_with(' ') || field.name.ends_with('\t')) field.name.remove_suffix(1);
    field.body = field.raw.substr(span.name_size + 1);
    fields.push_back(field);
  }
  header_.emplace(std::move(fields));
  body_hasher_.emplace(*services_.crypto);
  if (findings_.unjudged.empty()) {
    signatures_.begin(*header_, *body_hasher_, judged_before_);
    return;
  }
  for (std::size_t i = 0; i < runs_.size(); ++i) {
    const Check& check = table()[i];
    if (runs_[i].done || check.stage < Stage::header) continue;
    runs_[i].done = true;
    if (check.give_up != nullptr) check.give_up(findings_, findings_.unjudged);
  }
}

void Transaction::add_body(std::string_view bytes) {
  if (!wants_content_ || !body_hasher_) return;
  signatures_.add_body(bytes, *body_hasher_);
  if (!keeps_body_) return;
  const std::size_t room = configuration_->general.max_body_size.bytes - body_.size();
  if (bytes.size() > room) {
    body_cut_ = true;
    note_limit("limits.body_size");
  }
  body_.append(bytes.substr(0, room));
}

void Transaction::complete_content() {
  mail::Limits limits;
  limits.depth = configuration_->general.mime_depth;
  limits.parts = configuration_->general.mime_parts;
  limits.boundary_size = configuration_->general.mime_boundary_size;
  content_.emplace(*header_, header_text_, body_, body_cut_, limits);
}

bool Transaction::can_run(std::size_t check, Stage stage) const {
  return !runs_[check].done && table()[check].stage <= stage;
}

dns::Questions Transaction::advance(Stage stage, const dns::Answers& answers, std::int64_t now) {
  if (!wants_content_) return {};
  now_ = now;
  missing_lists_.clear();
  missing_owners_.clear();
  missing_scan_.clear();
  if (stage >= Stage::header && !header_) complete_header();
  if (stage == Stage::body && body_hasher_ && !body_finished_) {
    signatures_.finish_body(*body_hasher_);
    body_hasher_->finish();
    body_finished_ = true;
    if (keeps_body_) complete_content();
  }
  Context context{services_,
                  envelope_,
                  answers,
                  now,
                  stage,
                  header_ ? &*header_ : nullptr,
                  body_hasher_ ? &*body_hasher_ : nullptr,
                  keys_.get(),
                  owners_,
                  content_ ? &*content_ : nullptr,
                  scan_ ? &*scan_ : nullptr,
                  configuration_->antispam_rules.get(),
                  true,
                  findings_};
  dns::Questions missing;
  for (std::size_t i = 0; i < runs_.size(); ++i) {
    if (i > 0) context.earlier_done = context.earlier_done && runs_[i - 1].done;
    if (!can_run(i, stage)) continue;
    Progress progress = table()[i].run(context, configuration_->checks[i].get(), runs_[i].memory);
    runs_[i].done = progress.done;
    missing.insert(missing.end(), std::make_move_iterator(progress.missing.begin()),
                   std::make_move_iterator(progress.missing.end()));
    missing_lists_.insert(missing_lists_.end(),
                          std::make_move_iterator(progress.missing_lists.begin()),
                          std::make_move_iterator(progress.missing_lists.end()));
    missing_owners_.insert(missing_owners_.end(), progress.missing_owners.begin(),
                           progress.missing_owners.end());
    missing_scan_.insert(missing_scan_.end(),
                         std::make_move_iterator(progress.missing_scan.begin()),
                         std::make_move_iterator(progress.missing_scan.end()));
  }
  std::sort(missing.begin(), missing.end());
  missing.erase(std::unique(missing.begin(), missing.end()), missing.end());
  return missing;
}

report::Verdict Transaction::verdict() {
  report::Verdict verdict;
  verdict.findings = std::move(findings_);
  verdict.facts = {direction_, envelope_.client_ip};
  verdict.decision =
      disposition::decide(verdict.findings, verdict.facts, configuration_->disposition);
  // From the highest index down, so that removing one does not renumber those still to come.
  verdict.removed.assign(removed_.rbegin(), removed_.rend());
  if (is_judged()) {
    verdict.inserted =
        report::header_fields(verdict, envelope_, configuration_->general.authserv_id,
                              configuration_->disposition.enforcement);
  }
  signatures_.add_to(verdict, now_);
  return verdict;
}

}  // namespace postern::checks
