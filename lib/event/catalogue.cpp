#include "lib/event/catalogue.hpp"

#include <array>

namespace postern::event {

std::string_view to_word(Severity severity) {
  switch (severity) {
    case Severity::info: return "info";
    case Severity::warning: return "warning";
    case Severity::error: return "error";
  }
  return "";
}

std::span<const Event> catalogue() {
  static constexpr std::array events = {
      message,
      started,
      stopping,
      stopped,
      reloaded,
      reload_failed,
      restart_needed,
      callback_failed,
      milter_silent,
      action_refused,
      dns_down,
      dns_up,
      keys_loaded,
      key_unusable,
      keys_unreadable,
      logins_unreadable,
      policy,
      policy_client,
      store_down,
      store_up,
      store_note,
      list_off,
      list_on,
      brake_on,
      quota_notice,
      notice_lost,
      feed_refused,
      feed_unreachable,
      tls_policy,
      tls_policy_refreshed,
      training,
      training_refused,
      learner_failed,
      sender_unknown,
      file_types_unknown,
      rules_loaded,
      rules_unreadable,
      patterns_slow,
      spamd_request,
      spamd_problem,
      scanner_unreachable,
      scanner_back,
      signatures_loaded,
      signatures_failed,
      scanner_paused,
      scan_retried,
      scan_given_up,
      scanner_child_died,
      scanner_no_child,
      scanner_files_gone,
      scanner_forbidden,
      sandbox_weak,
      memory_low,
      memory_ok,
      scanner_busy,
      scanner_refused,
      scanner_client_unknown,
      lines_lost,
  };
  return events;
}

}  // namespace postern::event
