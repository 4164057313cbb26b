// "postern learn": what users have taught the filter, and teaching it by hand.
#include <memory>

#include "cli/learn_options.hpp"
#include "cli/store_access.hpp"

namespace postern::cli {
namespace {

using Options = std::shared_ptr<LearnOptions>;

// What all commands below "postern learn" have.
struct Parent {
  CLI::App& command;
  Action& action;
  Options options;

  CLI::App* add(const char* name, const char* help, int (*run_it)(const LearnOptions&)) const {
    auto* sub = command.add_subcommand(name, help);
    const auto file = add_config_option(*sub);
    sub->callback([&chosen = action, file, options = options, run_it] {
      options->config_file = *file;
      chosen = [options, run_it] { return run_it(*options); };
    });
    return sub;
  }
};

void add_teaching(const Parent& learn) {
  const auto add_kind = [&](const char* name, const char* help,
                            int (*run_it)(const LearnOptions&)) {
    auto* sub = learn.add(name, help, run_it);
    sub->add_option("FILE", learn.options->messages,
                    "Message, directory of messages, or Maildir; - is standard input")
        ->required();
    sub->add_option("--user", learn.options->user, "Whose mail it is")->required();
  };
  add_kind("spam", "Teach messages as spam of a user", learn_spam);
  add_kind("ham", "Teach messages as no spam of a user", learn_ham);
}

}  // namespace

void add_learn_command(CLI::App& app, Action& action) {
  auto* command = app.add_subcommand("learn", "See and change what users have taught the filter");
  command->require_subcommand(1);
  const auto options = std::make_shared<LearnOptions>();
  const Parent learn{*command, action, options};
  auto* status =
      learn.add("status", "Print how much was learned of each user, or of one", learn_status);
  status->add_option("USER", options->user, "Only this user");
  status->add_flag("--receipts", options->receipts, "Each event of the last 30 days, too");
  add_teaching(learn);
  learn.add("forget", "Forget all that a user has taught", learn_forget)
      ->add_option("USER", options->user, "Whose")
      ->required();
  auto* save =
      learn.add("export", "Write what was learned, and the messages kept, to a file", learn_export);
  save->add_option("FILE", options->file, "New file; - is standard output")->required();
  save->add_option("--user", options->user, "Only of this user");
  learn.add("import", "Add what an export holds", learn_import)
      ->add_option("FILE", options->file, "As `export` has written it; - is standard input")
      ->required();
}

}  // namespace postern::cli
