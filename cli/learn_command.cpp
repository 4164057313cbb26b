// "postern learn": what users have taught the filter, and teaching it by hand.
#include <memory>

#include "cli/learn_options.hpp"
#include "cli/store_access.hpp"

namespace postern::cli {
namespace {

using Options = std::shared_ptr<LearnOptions>;

CLI::App* add(CLI::App& command, Action& action, const Options& options, const char* name,
              const char* help, int (*run_it)(const LearnOptions&)) {
  auto* sub = command.add_subcommand(name, help);
  const auto file = add_config_option(*sub);
  sub->callback([&action, file, options, run_it] {
    options->config_file = *file;
    action = [options, run_it] { return run_it(*options); };
  });
  return sub;
}

void add_teaching(CLI::App& command, Action& action, const Options& options) {
  const auto add_kind = [&](const char* name, const char* help,
                            int (*run_it)(const LearnOptions&)) {
    auto* sub = add(command, action, options, name, help, run_it);
    sub->add_option("FILE", options->messages,
                    "Message, directory of messages, or Maildir; - is standard input")
        ->required();
    sub->add_option("--user", options->user, "Whose mail it is")->required();
  };
  add_kind("spam", "Teach messages as spam of a user", learn_spam);
  add_kind("ham", "Teach messages as no spam of a user", learn_ham);
}

}  // namespace

void add_learn_command(CLI::App& app, Action& action) {
  auto* command = app.add_subcommand("learn", "See and change what users have taught the filter");
  command->require_subcommand(1);
  const auto options = std::make_shared<LearnOptions>();
  auto* status = add(*command, action, options, "status",
                     "Print how much was learned of each user, or of one", learn_status);
  status->add_option("USER", options->user, "Only this user");
  status->add_flag("--receipts", options->receipts, "Each event of the last 30 days, too");
  add_teaching(*command, action, options);
  add(*command, action, options, "forget", "Forget all that a user has taught", learn_forget)
      ->add_option("USER", options->user, "Whose")
      ->required();
  auto* save = add(*command, action, options, "export",
                   "Write what was learned, and the messages kept, to a file", learn_export);
  save->add_option("FILE", options->file, "New file; - is standard output")->required();
  save->add_option("--user", options->user, "Only of this user");
  add(*command, action, options, "import", "Add what an export holds", learn_import)
      ->add_option("FILE", options->file, "As `export` has written it; - is standard input")
      ->required();
}

}  // namespace postern::cli
