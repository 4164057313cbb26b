// "postern check": the pipeline of the milter on a file, or one protocol of it on its own.
#include <memory>

#include "cli/check_options.hpp"
#include "cli/commands.hpp"
#include "lib/io/files/config_files.hpp"

namespace postern::cli {
namespace {

using OptionsPointer = std::shared_ptr<CheckOptions>;

void add_session_options(CLI::App& command, CheckOptions& options) {
  command.add_option("--client-ip", options.client_ip, "Address of the SMTP client")->required();
  command.add_option("--helo", options.helo, "Name the client gave in HELO or EHLO")->required();
  command.add_option("--mail-from", options.rfc5321_mail_from,
                     "Address of MAIL FROM; empty for the null sender");
}

void add_common_options(CLI::App& command, CheckOptions& options) {
  command.add_option("--zone", options.zone_file, "JSON file that answers instead of DNS");
  command.add_option("--config", options.config_file, io::config_option_help);
  command.add_option("--time", options.time, "Clock in seconds since the epoch, instead of now");
  command.add_flag("--json", options.json, "Print JSON");
}

void add_rules_options(CLI::App& command, CheckOptions& options) {
  auto* const rules = command.add_flag(
      "--rules-json", options.rules_json,
      "Only run the rules of SpamAssassin, those that need DNS with --zone alone; one line of JSON "
      "for each message");
  command.add_flag("--eager", options.eager, "Also run rules that cannot change the score")
      ->needs(rules);
  command.add_flag("--inputs", options.inputs, "Also tell what the rules were matched against")
      ->needs(rules);
  command.add_option("--files-from", options.files_from, "File with the path of a message a line")
      ->needs(rules);
  command.add_option("files", options.more_files, "More messages")->needs(rules);
}

void run_on(CLI::App& command, Action& action, const OptionsPointer& options,
            int (*run)(const CheckOptions&)) {
  command.callback([&action, options, run] { action = [options, run] { return run(*options); }; });
}

}  // namespace

void add_check_command(CLI::App& app, Action& action) {
  const auto options = std::make_shared<CheckOptions>();
  auto* check = app.add_subcommand(
      "check", "Judge a message, or ask SPF or DMARC alone; nothing is sent or changed");

  auto* spf = check->add_subcommand("spf", "Check SPF for MAIL FROM and HELO");
  add_session_options(*spf, *options);
  add_common_options(*spf, *options);
  run_on(*spf, action, options, check_spf);

  auto* dmarc = check->add_subcommand("dmarc", "Evaluate DMARC for identifiers that passed");
  dmarc->add_option("--author-domain", options->author_domain, "Domain of the From field")
      ->required();
  dmarc->add_option("--spf-pass", options->spf_domain,
                    "Domain of MAIL FROM whose SPF check passed");
  dmarc->add_option("--dkim-pass", options->dkim_domains, "Domain of a signature that passed");
  add_common_options(*dmarc, *options);
  run_on(*dmarc, action, options, check_dmarc);

  check->add_option("file", options->file, "The message, or - for standard input");
  check->add_option("--client-ip", options->client_ip, "Address of the SMTP client");
  check->add_option("--helo", options->helo, "Name the client gave in HELO or EHLO");
  check->add_option("--mail-from", options->rfc5321_mail_from,
                    "Address of MAIL FROM; empty for the null sender");
  check->add_option("--rcpt", options->recipients, "Address of RCPT TO; no check reads it yet");
  check->add_option(
      "--login", options->login,
      "Judge and sign it as mail that this user submits, instead of mail from outside");
  check->add_option("--mode", options->mode, "observe or enforce, whatever the configuration says")
      ->check(CLI::IsMember({"observe", "enforce"}))
      ->capture_default_str();
  add_common_options(*check, *options);
  add_rules_options(*check, *options);
  check->require_subcommand(0, 1);
  check->callback([check, &action, options] {
    if (!check->get_subcommands().empty()) return;
    action = [options] {
      return options->rules_json ? check_rules(*options) : check_message(*options);
    };
  });
}

}  // namespace postern::cli
