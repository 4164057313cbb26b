#include "lib/setup/accounts_plan.hpp"

#include <algorithm>

#include "lib/base/ascii.hpp"
#include "lib/setup/element_list.hpp"
#include "lib/setup/templates.hpp"

namespace postern::setup {
namespace {

std::string_view take_line(std::string_view& text) {
  const std::size_t end = text.find('\n');
  const std::string_view line = text.substr(0, end);
  text.remove_prefix(end == text.npos ? text.size() : end + 1);
  return line;
}

class Planner {
 public:
  Planner(const PostfixFound& found, const AccountsWish& wish) : found_(found), wish_(wish) {}

  PostfixPlan run() && {
    plan_main();
    plan_destination();
    plan_certificate();
    plan_services();
    if (!plan_.refusals.empty()) plan_.changes.clear();
    return std::move(plan_);
  }

 private:
  std::optional<std::string> main_value(std::string_view name) const {
    const auto found = found_.explicit_values.find(name);
    return found == found_.explicit_values.end() ? std::nullopt : std::optional(found->second);
  }

  void set(std::string_view name, std::string_view value) {
    const auto before = main_value(name);
    if (before == value) return;
    plan_.changes.push_back({"", std::string(name), before, std::string(value), "", false});
  }

  void plan_main() {
    std::string_view text = template_text("accounts/postfix/main.cf.add");
    while (!text.empty()) {
      const std::string_view line = take_line(text);
      const std::size_t equals = line.find(" = ");
      if (equals == line.npos) continue;
      const std::string_view name = line.substr(0, equals);
      const std::string_view value = line.substr(equals + 3);
      const auto before = main_value(name);
      if (before && !before->empty() && *before != value) {
        plan_.refusals.push_back(std::string(name) + ": is \"" + *before +
                                 "\", so that accounts are kept by somebody else here");
      } else {
        set(name, value);
      }
    }
  }

  // A domain in mydestination belongs to the users of the system, and would hide the accounts.
  void plan_destination() {
    const auto before = main_value("mydestination");
    const std::string host = main_value("myhostname").value_or("");
    const std::string parent = host.substr(std::min(host.find('.') + 1, host.size()));
    const std::string domain = main_value("mydomain").value_or(parent);
    std::string value = before.value_or("$myhostname, localhost.$mydomain, localhost");
    if (ascii::equals_ignoring_case(host, wish_.domain)) value = without(value, "$myhostname");
    if (ascii::equals_ignoring_case(domain, wish_.domain)) value = without(value, "$mydomain");
    for (const std::string& element : split_elements(value).elements) {
      if (ascii::equals_ignoring_case(element, wish_.domain)) value = without(value, element);
    }
    if (split_elements(value).elements != split_elements(before.value_or(value)).elements ||
        (!before && ascii::equals_ignoring_case(host, wish_.domain))) {
      set("mydestination", value);
    }
  }

  void plan_certificate() {
    if (wish_.certificate.empty()) return;
    set("smtpd_tls_cert_file", wish_.certificate);
    set("smtpd_tls_key_file", wish_.certificate_key);
    set("smtpd_tls_security_level", "may");
  }

  bool has_service(std::string_view id) const {
    return std::any_of(found_.services.begin(), found_.services.end(), [&](const auto& service) {
      return service.name + "/" + service.type == id;
    });
  }

  // Lines "-M NAME/TYPE=LINE" and "-P NAME/TYPE/PARAMETER=VALUE".
  void plan_services() {
    std::string_view text = template_text("accounts/postfix/master.cf.add");
    while (!text.empty()) {
      const std::string_view line = take_line(text);
      const std::size_t equals = line.find('=');
      if (line.size() < 4 || equals == line.npos) continue;
      const std::string_view key = line.substr(3, equals - 3);
      const std::string value(line.substr(equals + 1));
      const bool is_service = line.starts_with("-M ");
      const std::size_t slash = is_service ? key.npos : key.rfind('/');
      const std::string service(key.substr(0, slash));
      if (has_service(service)) continue;  // the operator's own
      const std::string name = is_service ? "" : std::string(key.substr(slash + 1));
      plan_.changes.push_back({service, name, std::nullopt, value, "", false});
    }
  }

  const PostfixFound& found_;
  const AccountsWish& wish_;
  PostfixPlan plan_;
};

std::string tls_file(bool is_old, const AccountsWish& wish) {
  const std::string head =
      "# Written by \"postern setup\": the certificate that mail programs see.\nssl = required\n";
  if (is_old) {
    return head + "ssl_cert = <" + wish.certificate + "\nssl_key = <" + wish.certificate_key + "\n";
  }
  return head + "ssl_server_cert_file = " + wish.certificate +
         "\nssl_server_key_file = " + wish.certificate_key + "\n";
}

constexpr std::string_view include_line = "!include auth-system.conf.ext";

std::string with_line_replaced(std::string_view text, std::string_view from,
                               const std::string& to) {
  std::string out;
  while (!text.empty()) {
    const bool is_ended = text.find('\n') != text.npos;
    const std::string_view line = take_line(text);
    out += ascii::trim(line) == from ? to : std::string(line);
    if (is_ended) out += '\n';
  }
  return out;
}

void replace_first(std::string& text, std::string_view from, std::string_view to) {
  const std::size_t at = text.find(from);
  if (at != text.npos) text.replace(at, from.size(), to);
}

}  // namespace

PostfixPlan plan_accounts(const PostfixFound& found, const AccountsWish& wish) {
  return Planner(found, wish).run();
}

std::vector<NewFile> account_files(const DovecotFound& found, const AccountsWish& wish) {
  const bool is_old = found.version.starts_with("2.3.");
  const std::string version = is_old ? "2.3" : "2.4";
  const std::string folder = found.directory + "/conf.d/";
  std::vector<NewFile> files;
  files.push_back(
      {folder + "10-postern-accounts.conf",
       std::string(template_text("accounts/dovecot/" + version + "/10-postern-accounts.conf"))});
  // No limit but those of "postern user quota".
  std::string quota(template_text("dovecot/" + version + "/11-postern-quota.conf"));
  replace_first(quota, "storage=2G", "storage=0");
  replace_first(quota, "quota_storage_size = 2G", "quota_storage_size = 0");
  files.push_back({folder + "11-postern-quota.conf", std::move(quota)});
  if (!wish.certificate.empty()) {
    files.push_back({folder + "12-postern-tls.conf", tls_file(is_old, wish)});
  }
  return files;
}

std::string without_system_users(std::string_view text) {
  return with_line_replaced(text, include_line, "#" + std::string(include_line));
}

std::string with_system_users(std::string_view text) {
  return with_line_replaced(text, "#" + std::string(include_line), std::string(include_line));
}

}  // namespace postern::setup
