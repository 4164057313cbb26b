#include "lib/io/setup/postfix_files.hpp"

#include <algorithm>
#include <memory>

#include "lib/base/ascii.hpp"
#include "lib/io/probe/command.hpp"
#include "lib/io/setup/files.hpp"
#include "lib/io/setup/temporary_directory.hpp"
#include "lib/setup/element_list.hpp"

namespace postern::io {
namespace {

using namespace std::chrono_literals;
using Words = std::vector<std::string>;

// Postfix may pause for seconds before it reads a main.cf that was changed just now.
constexpr auto patience = 30s;

Words command(const char* program, const std::string& directory, const Words& rest) {
  Words words = {program};
  if (!directory.empty()) words.insert(words.end(), {"-c", directory});
  words.insert(words.end(), rest.begin(), rest.end());
  return words;
}

Expected<std::string, std::string> postconf(const std::string& directory, const Words& rest) {
  const auto result = run_to_end(command("postconf", directory, rest), patience);
  if (!result) return Unexpected<std::string>(result.error());
  if (result->status != 0) {
    return Unexpected<std::string>("postconf: " + std::string(ascii::trim(result->errors)));
  }
  return result->output;
}

Expected<std::string, std::string> value_of(const std::string& directory, const char* name) {
  auto output = postconf(directory, {"-h", name});
  if (!output) return output;
  return std::string(ascii::trim(*output));
}

Expected<std::string, std::string> existing(const std::string& path) {
  auto text = read_system_file(path);
  if (!text) return Unexpected<std::string>(text.error());
  if (!*text) return Unexpected<std::string>(path + ": is not there");
  return std::move(**text);
}

// A copy of both files, of which postconf edits master.cf.
class Draft {
 public:
  Expected<void, std::string> begin(const PostfixTexts& texts) {
    if (!copy_) return Unexpected<std::string>("/tmp: no directory can be made there");
    main_ = texts.main;
    auto written = write_system_file(path("main.cf"), texts.main);
    if (written) written = write_system_file(path("master.cf"), texts.master);
    return written;
  }

  void set_main(std::string text) { main_ = std::move(text); }
  [[nodiscard]] const std::string& main() const { return main_; }

  Expected<void, std::string> set_master(const setup::ParameterChange& change,
                                         const std::optional<std::string>& value) {
    if (change.name.empty()) {
      return ignore_output(postconf(copy_->path(), value
                                                       ? Words{"-M", change.service + "=" + *value}
                                                       : Words{"-MX", change.service}));
    }
    const std::string key = change.service + "/" + change.name;
    return ignore_output(
        postconf(copy_->path(), value ? Words{"-P", key + "=" + *value} : Words{"-PX", key}));
  }

  Expected<DraftedPostfix, std::string> end() {
    const auto written = write_system_file(path("main.cf"), main_);
    if (!written) return Unexpected<std::string>(written.error());
    auto found = read_postfix_found(copy_->path());
    if (!found) return Unexpected<std::string>(found.error());
    auto master = existing(path("master.cf"));
    if (!master) return Unexpected<std::string>(master.error());
    return DraftedPostfix{{main_, std::move(*master)}, std::move(*found)};
  }

 private:
  [[nodiscard]] std::string path(const char* name) const { return copy_->path() + "/" + name; }

  static Expected<void, std::string> ignore_output(
      const Expected<std::string, std::string>& output) {
    if (!output) return Unexpected<std::string>(output.error());
    return {};
  }

  const std::unique_ptr<TemporaryDirectory> copy_ = TemporaryDirectory::make();
  std::string main_;
};

// Whether a service is not one of those that were added, and so go as a whole.
bool is_service_kept(const std::vector<setup::ParameterChange>& changes,
                     const std::string& service) {
  return std::none_of(changes.begin(), changes.end(), [&](const setup::ParameterChange& change) {
    return change.service == service && change.name.empty();
  });
}

bool is_same_list(const std::string& one, const std::string& other) {
  return setup::split_elements(one).elements == setup::split_elements(other).elements;
}

}  // namespace

Expected<std::string, std::string> postfix_directory(const std::string& given) {
  return given.empty() ? value_of("", "config_directory") : given;
}

Expected<setup::PostfixFound, std::string> read_postfix_found(const std::string& directory) {
  setup::PostfixFound found;
  const auto version = value_of(directory, "mail_version");
  if (!version) return Unexpected<std::string>(version.error());
  const auto queue = value_of(directory, "queue_directory");
  const auto given = postconf(directory, {"-n"});
  const auto services = postconf(directory, {"-M"});
  const auto overrides = postconf(directory, {"-P"});
  const auto multiple = value_of(directory, "multi_instance_enable");
  const auto others = value_of(directory, "multi_instance_directories");
  for (const auto* each : {&queue, &given, &services, &overrides, &multiple, &others}) {
    if (!*each) return Unexpected<std::string>(each->error());
  }
  found.version = *version;
  found.queue_directory = *queue;
  found.is_multi_instance = *multiple == "yes" && !others->empty();
  found.explicit_values = doctor::parse_parameters(*given);
  found.services = doctor::parse_master(*services, *overrides);
  return found;
}

std::optional<std::string> value_in(const setup::PostfixFound& found,
                                    const setup::ParameterChange& change) {
  if (change.service.empty()) {
    const auto value = found.explicit_values.find(change.name);
    return value == found.explicit_values.end() ? std::nullopt : std::optional(value->second);
  }
  for (const doctor::MasterEntry& service : found.services) {
    if (service.name + "/" + service.type != change.service) continue;
    if (change.name.empty()) return change.after;  // that it is there is all that counts
    const auto value = service.overrides.find(change.name);
    if (value != service.overrides.end()) return value->second;
  }
  return std::nullopt;
}

Expected<DraftedPostfix, std::string> draft(const PostfixTexts& texts,
                                            const std::vector<setup::ParameterChange>& changes) {
  Draft draft;
  auto done = draft.begin(texts);
  for (const setup::ParameterChange& change : changes) {
    if (!done) break;
    if (change.service.empty()) {
      draft.set_main(setup::apply(change, draft.main()));
    } else {
      done = draft.set_master(change, change.after);
    }
  }
  if (!done) return Unexpected<std::string>(done.error());
  auto drafted = draft.end();
  if (!drafted) return drafted;
  for (const setup::ParameterChange& change : changes) {
    const auto value = value_in(drafted->found, change);
    if (value && (change.name.empty() || is_same_list(*value, change.after))) continue;
    return Unexpected<std::string>(change.name + ": Postfix would read \"" + value.value_or("") +
                                   "\" and not \"" + change.after + "\"");
  }
  return drafted;
}

Expected<DraftedPostfix, std::string> draft_undo(
    const PostfixTexts& texts, const setup::PostfixFound& found,
    const std::vector<setup::ParameterChange>& changes) {
  Draft draft;
  auto done = draft.begin(texts);
  for (const setup::ParameterChange& change : changes) {
    if (!done) break;
    const auto now = value_in(found, change);
    if (change.service.empty()) {
      draft.set_main(setup::undo(change, now, draft.main()));
    } else if (now && change.name.empty()) {
      done = draft.set_master(change, std::nullopt);
    } else if (now && is_service_kept(changes, change.service)) {
      done = draft.set_master(change, setup::undone_value(change, *now));
    }
  }
  if (!done) return Unexpected<std::string>(done.error());
  return draft.end();
}

std::string postfix_complaint(const std::string& directory) {
  const auto result = run_to_end(command("postfix", directory, {"check"}), patience);
  if (!result) return result.error();
  if (result->status == 0) return "";
  const std::string text(ascii::trim(result->errors));
  return text.empty() ? "postfix check fails" : text;
}

}  // namespace postern::io
