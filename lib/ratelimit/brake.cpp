#include "lib/ratelimit/brake.hpp"

#include <algorithm>
#include <cmath>

#include "lib/base/ascii.hpp"
#include "lib/ratelimit/brake_notice.hpp"
#include "lib/ratelimit/brake_state.hpp"
#include "lib/store/key.hpp"

namespace postern::ratelimit {
namespace {

using std::chrono::hours;

// Counters outlive their hour or day by as much, so that none ends within it.
constexpr store::Lifetime hour_lifetime = hours(2);
constexpr store::Lifetime day_lifetime = hours(48);
constexpr store::Lifetime owner_lifetime = hours(24 * 60);
constexpr double ms_per_day = 86'400'000;

struct Counts {
  std::int64_t hour = 0;
  std::int64_t day = 0;
  double usual = 0;  // a day, without this day
};

std::int64_t number_of(const store::Result* result) {
  const auto* number = std::get_if<store::Number>(result);
  return number == nullptr ? 0 : number->number;
}

// Sums that halve come to rest where as much is added as is lost: at rate * half-life / ln 2.
double usual_per_day(const store::Result* result, std::int64_t today,
                     std::chrono::milliseconds half_life) {
  const auto* sums = std::get_if<store::Sums>(result);
  if (sums == nullptr || sums->sums.size() != 1 || !std::isfinite(sums->sums[0])) return 0;
  const double before = std::max(0.0, sums->sums[0] - static_cast<double>(today));
  const double days = std::max(1.0, static_cast<double>(half_life.count()) / ms_per_day);
  return before * std::log(2.0) / days;
}

store::Accumulate add_one(std::string key, const BrakeSettings& settings) {
  return {std::move(key), {1.0}, settings.half_life, settings.half_life * 6};
}

std::int64_t limit_of(std::uint32_t at_least, double usual, double factor) {
  constexpr double most = 1e9;
  return std::max<std::int64_t>(at_least,
                                static_cast<std::int64_t>(std::min(most, usual * factor)));
}

bool is_exempt(std::string_view login, const BrakeSettings& settings) {
  return std::any_of(
      settings.exempt_logins.begin(), settings.exempt_logins.end(),
      [&](const std::string& exempt) { return ascii::equals_ignoring_case(exempt, login); });
}

// One question: everything in it is evaluated over what the store has said so far.
class Brake {
 public:
  Brake(const Attributes& request, const BrakeSettings& settings, bool enforce, store::Wants& wants,
        store::Time now)
      : request_(request), settings_(settings), enforce_(enforce), wants_(wants), now_(now) {}

  // Mail of a login.
  std::optional<BrakeOutcome> submitted() {
    const std::string_view login = request_.login;
    const store::Result* denied = wants_.find(store::Get{brake_key(login)});
    const store::Result* observed =
        enforce_ ? denied : wants_.find(store::Get{observed_key(login)});
    const bool counts = request_.stage == Stage::rcpt && !request_.recipient.empty();
    const store::Result* met = counts
                                   ? wants_.find(store::PutIfAbsent{
                                         met_key(login, request_.recipient), "1", settings_.memory})
                                   : nullptr;
    if (denied == nullptr || observed == nullptr || (counts && met == nullptr)) return std::nullopt;
    if (counts) note_sender();
    for (const store::Result* result : {denied, observed}) {
      if (is_stopped(result)) return std::move(outcome_);
    }
    const auto* before = met == nullptr ? nullptr : std::get_if<store::Value>(met);
    if (before == nullptr || before->value) return go_on("no new recipient");
    return count_recipient();
  }

  // A bounce to an address of ours.
  std::optional<BrakeOutcome> bounced() {
    const store::Result* owner = wants_.find(store::Get{owner_key(request_.recipient)});
    if (owner == nullptr) return std::nullopt;
    const auto* login = std::get_if<store::Value>(owner);
    if (login == nullptr || !login->value) return go_on("no bounce to a login");
    if (is_exempt(*login->value, settings_)) return go_on("login is exempt");
    return count_bounce(*login->value);
  }

 private:
  static std::string owner_key(std::string_view address) {
    return store::bounded_key(owner_prefix, {ascii::to_lower(address)});
  }
  static std::string usual_key(std::string_view login, std::string_view what) {
    return store::bounded_key(usual_prefix, {ascii::to_lower(login), what});
  }

  std::optional<BrakeOutcome> go_on(std::string why) {
    outcome_.why = std::move(why);
    return std::move(outcome_);
  }

  // Who sends from which address, and how much: for bounces.
  void note_sender() {
    if (!request_.rfc5321_mail_from.empty()) {
      outcome_.writes.emplace_back(store::Put{owner_key(request_.rfc5321_mail_from),
                                              std::string(request_.login), owner_lifetime});
    }
    outcome_.writes.emplace_back(
        store::Add{day_key(sent_prefix, request_.login, now_), 1, day_lifetime});
  }

  // Whether the operator or an earlier message stopped the login; sets the outcome then.
  bool is_stopped(const store::Result* result) {
    const auto* value = std::get_if<store::Value>(result);
    if (value == nullptr || !value->value) return false;
    const auto state = parse_brake_state(*value->value);
    if (!state) return false;
    outcome_.verdict = state->kind == BrakeState::Kind::denied ? BrakeOutcome::Verdict::deny
                                                               : BrakeOutcome::Verdict::hold;
    outcome_.why = "login is " + std::string(to_word(state->kind)) + ": " + state->why;
    return true;
  }

  std::optional<BrakeOutcome> count_recipient() {
    const std::string_view login = request_.login;
    const store::Result* hour = wants_.find(store::Add{hour_key(login, now_), 1, hour_lifetime});
    const store::Result* day =
        wants_.find(store::Add{day_key(day_prefix, login, now_), 1, day_lifetime});
    const store::Result* usual = wants_.find(add_one(usual_key(login, "recipients"), settings_));
    if (hour == nullptr || day == nullptr || usual == nullptr) return std::nullopt;
    Counts counts{number_of(hour), number_of(day), 0};
    counts.usual = usual_per_day(usual, counts.day, settings_.half_life);
    const double factor = settings_.factor;
    const std::int64_t in_hour = limit_of(settings_.per_hour, counts.usual, factor / 2);
    const std::int64_t in_day = limit_of(settings_.per_day, counts.usual, factor);
    std::string numbers = std::to_string(counts.hour) + " new recipients this hour (limit " +
                          std::to_string(in_hour) + "), " + std::to_string(counts.day) +
                          " today (limit " + std::to_string(in_day) + "), usual are " +
                          std::to_string(std::lround(counts.usual)) + " a day";
    if (counts.hour <= in_hour && counts.day <= in_day) return go_on(std::move(numbers));
    return stop(login, std::move(numbers), BrakeOutcome::Verdict::hold);
  }

  std::optional<BrakeOutcome> count_bounce(std::string_view login) {
    const store::Result* bounces =
        wants_.find(store::Add{day_key(bounced_prefix, login, now_), 1, day_lifetime});
    const store::Result* sent =
        wants_.find(store::Add{day_key(sent_prefix, login, now_), 0, day_lifetime});
    const store::Result* usual = wants_.find(add_one(usual_key(login, "bounces"), settings_));
    if (bounces == nullptr || sent == nullptr || usual == nullptr) return std::nullopt;
    const std::int64_t today = number_of(bounces);
    const std::int64_t own = number_of(sent);
    const std::int64_t limit = limit_of(
        settings_.bounces, usual_per_day(usual, today, settings_.half_life), settings_.factor);
    std::string numbers = std::to_string(today) + " bounces today (limit " + std::to_string(limit) +
                          "), sent to " + std::to_string(own) + " recipients";
    if (std::min(today, own) <= limit) return go_on(std::move(numbers));
    return stop(login, std::move(numbers), BrakeOutcome::Verdict::go_on);
  }

  // The bounce that stops a login is itself delivered: `verdict` is about this request.
  std::optional<BrakeOutcome> stop(std::string_view login, std::string why,
                                   BrakeOutcome::Verdict verdict) {
    const BrakeState state{BrakeState::Kind::held, now_, std::string(login), why};
    const store::Result* result =
        wants_.find(store::PutIfAbsent{enforce_ ? brake_key(login) : observed_key(login),
                                       format(state), enforce_ ? state_lifetime : day_lifetime});
    if (result == nullptr) return std::nullopt;
    const auto* before = std::get_if<store::Value>(result);
    if (enforce_ && before != nullptr && !before->value) {
      outcome_.notice = make_notice(
          state, request_.login.empty() ? request_.recipient : request_.rfc5321_mail_from);
    }
    outcome_.verdict = verdict;
    outcome_.why = std::move(why);
    return std::move(outcome_);
  }

  const Attributes& request_;
  const BrakeSettings& settings_;
  const bool enforce_;
  store::Wants& wants_;
  const store::Time now_;
  BrakeOutcome outcome_;
};

}  // namespace

std::optional<BrakeOutcome> evaluate_brake(const Attributes& request, const BrakeSettings& settings,
                                           bool enforce, store::Wants& wants, store::Time now) {
  const bool has_mail = request.stage == Stage::mail || request.stage == Stage::rcpt ||
                        request.stage == Stage::data || request.stage == Stage::end_of_message;
  BrakeOutcome nothing;
  if (!settings.enabled || !has_mail) {
    nothing.why = settings.enabled ? "no mail yet" : "brake.enabled is false";
    return nothing;
  }
  Brake brake(request, settings, enforce, wants, now);
  if (!request.login.empty()) {
    if (!is_exempt(request.login, settings)) return brake.submitted();
    nothing.why = "login is exempt";
    return nothing;
  }
  const bool is_bounce = request.stage == Stage::rcpt && request.has_sender &&
                         request.rfc5321_mail_from.empty() && !request.recipient.empty();
  if (is_bounce) return brake.bounced();
  nothing.why = "no login";
  return nothing;
}

}  // namespace postern::ratelimit
