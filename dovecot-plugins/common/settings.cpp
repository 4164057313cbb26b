#include "dovecot-plugins/common/dovecot.hpp"

#include "dovecot-plugins/common/settings.hpp"

#if DOVECOT_PREREQ(2, 4, 0)
extern "C" {
#include "dovecot-plugins/common/dovecot_settings.h"
}
#endif

namespace postern::dovecot {

#if DOVECOT_PREREQ(2, 4, 0)

Settings read_settings(mail_user* user) {
  const void* result = nullptr;
  const char* error = nullptr;
  Settings settings{default_socket, default_spool, default_max_size, default_socket};
  // The function and not the macro around it, which is for C.
  if ((settings_get)(user->event, &postern_setting_parser_info, static_cast<settings_get_flags>(0),
                     __FILE__, __LINE__, &result, &error) < 0) {
    e_error(user->event, "postern: %s", error);
    return settings;
  }
  const auto* found = static_cast<const postern_settings*>(result);
  settings = {found->train_socket, found->train_spool, found->train_max_size, found->quota_socket};
  settings_free(found);
  return settings;
}

#else

namespace {

std::string text_setting(mail_user* user, const char* name, const char* otherwise) {
  const char* const text = mail_user_plugin_getenv(user, name);
  return text == nullptr ? otherwise : text;
}

}  // namespace

Settings read_settings(mail_user* user) {
  Settings settings{text_setting(user, "postern_train_socket", default_socket),
                    text_setting(user, "postern_train_spool", default_spool), default_max_size,
                    text_setting(user, "postern_quota_socket", default_socket)};
  const char* const size = mail_user_plugin_getenv(user, "postern_train_max_size");
  uoff_t bytes = 0;
  const char* error = nullptr;
  if (size == nullptr) return settings;
  if (settings_get_size(size, &bytes, &error) < 0) {
    e_error(user->event, "postern_train_max_size: %s; write it as 1M", error);
  } else {
    settings.max_size = bytes;
  }
  return settings;
}

#endif

}  // namespace postern::dovecot
