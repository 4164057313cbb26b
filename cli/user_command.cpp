// "postern user": accounts without a database, as plain files of Dovecot and Postfix.
#include <memory>

#include "cli/user_options.hpp"

namespace postern::cli {
namespace {

class UserCommands {
 public:
  explicit UserCommands(Action& action) : action_(action) {}

  [[nodiscard]] AccountOptions& options() { return *options_; }

  CLI::App& change(CLI::App& parent, const char* name, const char* help, AccountRun run) {
    return with_address(add_account_change(parent, name, help, options_, action_, run));
  }
  CLI::App& look(CLI::App& parent, const char* name, const char* help, AccountRun run) {
    CLI::App& command = add_account_command(parent, name, help, options_, action_, run);
    command.add_flag("--json", options_->json, "Print JSON");
    return command;
  }
  CLI::App& with_address(CLI::App& command) {
    command.add_option("ADDRESS", options_->address, "The account, as user@example.org")
        ->required();
    return command;
  }
  CLI::App& with_password(CLI::App& command) {
    command.add_option("--password-file", options_->password_file,
                       "File whose only line is the password; - for standard input");
    command.add_flag("--generate", options_->generate, "Make a strong password and print it");
    return command;
  }
  CLI::App& with_label(CLI::App& command) {
    command.add_option("LABEL", options_->label, "Which program or device it is for")->required();
    return command;
  }
  void add_refresh(CLI::App& user) {
    add_account_change(user, "refresh", "Write Postfix's tables anew, after files were edited",
                       options_, action_, user_refresh);
  }

 private:
  Action& action_;
  std::shared_ptr<AccountOptions> options_ = std::make_shared<AccountOptions>();
};

void add_app_passwords(CLI::App& user, UserCommands& commands) {
  CLI::App* app_password =
      user.add_subcommand("app-password", "Passwords for one program or device each");
  app_password->require_subcommand(1);
  commands.with_label(
      commands.change(*app_password, "add", "Make one and print it once", app_password_add));
  commands.with_address(
      commands.look(*app_password, "list", "List those of an account", app_password_list));
  commands.with_label(
      commands.change(*app_password, "remove", "Let one log in no more", app_password_remove));
}

}  // namespace

void add_user_command(CLI::App& app, Action& action) {
  CLI::App* user = app.add_subcommand("user", "Accounts without a database");
  user->require_subcommand(1);
  UserCommands commands(action);
  AccountOptions& options = commands.options();
  commands.with_password(commands.change(*user, "add", "Make an account", user_add))
      .add_option("--quota", options.quota, "What it may keep: 2G, none, or default");
  commands.with_password(commands.change(*user, "passwd", "Set its password", user_passwd));
  commands.change(*user, "quota", "Set what it may keep", user_quota)
      .add_option("SIZE", options.quota, "As 500M or 2G, none, or default")
      ->required();
  commands.change(*user, "disable", "Keep it from logging in; mail still arrives", user_disable);
  commands.change(*user, "enable", "Let it log in again", user_enable);
  CLI::App& remove = commands.change(*user, "remove", "Remove it; its mail stays", user_remove);
  remove.add_flag("--force", options.force, "Also the aliases that lead to it alone");
  remove.add_flag("--delete-mail", options.delete_mail, "Delete its mail, too");
  remove.add_option("--mail-root", options.mail_root, "Where mail lies, as DOMAIN/USER")
      ->capture_default_str();
  commands.look(*user, "list", "List the accounts", user_list);
  add_app_passwords(*user, commands);
  commands.add_refresh(*user);
}

}  // namespace postern::cli
