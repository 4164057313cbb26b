#include "lib/attachments/evaluate.hpp"

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>

#include "lib/archive/walk.hpp"
#include "lib/attachments/content.hpp"
#include "lib/attachments/file_name.hpp"

namespace postern::attachments {
namespace {

// Where something lies.
struct Place {
  bool in_archive = false;
  std::size_t part = 0;
  std::string_view container;  // with "/" at its end
};

constexpr unsigned max_questions = 64;  // of a millisecond each; beyond them less is known

std::string_view first_name(const std::vector<std::string>& names) {
  return names.empty() ? std::string_view() : std::string_view(names.front());
}

bool looks_harmless(std::string_view extension) {
  return family_of_extension(extension) != Family::unknown;
}

class Evaluation {
 public:
  Evaluation(const Settings& settings, const Tools& tools) : settings_(settings), tools_(tools) {
    budget_.entries = settings.archive_entries;
    budget_.octets = settings.unpacked_size.bytes;
  }

  void judge(const mail::Attachment& attachment) {
    const Place place{false, attachment.part, {}};
    judge_names(attachment.names, place);
    judge_type(attachment, place);
    judge_content(attachment, place);
    if (settings_.looks_into_archives && tools_.inflate != nullptr) open(attachment, place);
  }

  Outcome finish() { return std::move(outcome_); }

 private:
  void add(Kind kind, std::string_view what, const Place& place, std::string_view name) {
    std::size_t of_this_kind = 0;
    for (const Finding& known : outcome_.findings) {
      if (known.kind != kind) continue;
      ++of_this_kind;
      if (known.what == what && known.in_archive == place.in_archive) return;
    }
    if (of_this_kind == max_findings) return;
    outcome_.findings.push_back({kind, std::string(what), place.in_archive, place.part,
                                 std::string(place.container) + std::string(name)});
  }

  void judge_names(const std::vector<std::string>& names, const Place& place) {
    for (const std::string& name : names) {
      const NameSigns signs = read_name(name);
      if (signs.is_turned) add(Kind::deceptive_name, "", place, name);
      for (const Extensions& extensions : signs.readings) judge_extensions(extensions, place, name);
      if (const std::string_view unpacked = unpacked_name(name); !unpacked.empty()) {
        Place inside = place;
        inside.in_archive = true;
        for (const Extensions& extensions : read_name(unpacked).readings) {
          judge_extensions(extensions, inside, name);
        }
      }
    }
  }

  // A file whose name has no extension gets that of its type.
  void judge_type(const mail::Attachment& attachment, const Place& place) {
    const bool has_extension =
        std::any_of(attachment.names.begin(), attachment.names.end(),
                    [](const std::string& name) { return !read_name(name).readings.empty(); });
    const std::string_view extension = extension_of_type(attachment.media_type);
    if (!has_extension && settings_.banned.contains(extension)) {
      add(Kind::extension, extension, place, first_name(attachment.names));
    }
  }

  void judge_extensions(const Extensions& extensions, const Place& place, std::string_view name) {
    constexpr std::string_view class_id_start = "{";  // "file.{CLSID}" opens by that class
    const bool is_class = extensions.last.starts_with(class_id_start);
    if (!is_class && !settings_.banned.contains(extensions.last)) return;
    const std::string_view what = is_class ? "{class}" : std::string_view(extensions.last);
    const bool is_double = looks_harmless(extensions.before);
    add(is_double ? Kind::double_extension : Kind::extension, what, place, name);
  }

  // What readers expect of the attachment. A text type is what mailers give that know no better, so
  // that only names promise text.
  static std::vector<Family> promises_of(const mail::Attachment& attachment) {
    std::vector<Family> promises;
    const auto promise = [&](Family family) {
      if (family != Family::unknown) promises.push_back(family);
    };
    const Family declared = family_of_type(attachment.media_type);
    if (declared != Family::text) promise(declared);
    for (const std::string& name : attachment.names) {
      for (const Extensions& extensions : read_name(name).readings) {
        promise(family_of_extension(extensions.last));
      }
    }
    return promises;
  }

  void judge_content(const mail::Attachment& attachment, const Place& place) {
    const std::string_view head =
        std::string_view(attachment.content).substr(0, archive::head_size);
    const std::string_view name = first_name(attachment.names);
    const std::string_view program = program_kind(head);
    const std::vector<Family> promises = promises_of(attachment);
    if (program == "script") {
      // Scripts are sent as what they are among people who write them.
      const bool is_disguised = std::any_of(promises.begin(), promises.end(),
                                            [](Family family) { return family != Family::text; });
      if (is_disguised) add(Kind::executable, program, place, name);
    } else if (!program.empty()) {
      add_program(program, attachment.names, place);
    } else {
      judge_promises(attachment.content, promises, place, name);
    }
    judge_unread(head, place, name);
  }

  void add_program(std::string_view program, const std::vector<std::string>& names,
                   const Place& place) {
    const bool is_part =
        !names.empty() && std::all_of(names.begin(), names.end(), [&](const std::string& name) {
          const NameSigns signs = read_name(name);
          return !signs.readings.empty() && is_component(program, signs.readings.front().last);
        });
    if (!is_part) add(Kind::executable, program, place, first_name(names));
  }

  void judge_promises(std::string_view content, const std::vector<Family>& promises,
                      const Place& place, std::string_view name) {
    const auto find_broken = [&](auto excludes) {
      const auto found = std::find_if(promises.begin(), promises.end(), excludes);
      return found == promises.end() ? Family::unknown : *found;
    };
    const Family closed = find_broken(excludes_page);
    if (is_html(content)) {
      add_mismatch("html", closed, place, name);
    } else if (is_archive(content)) {
      add_mismatch("archive", closed == Family::unknown ? find_broken(excludes_archive) : closed,
                   place, name);
    } else if (closed != Family::unknown) {
      // Not for text: the library takes many a word at the beginning for a signature.
      const Family family = ask_library(content);
      if (family == Family::program) add(Kind::executable, "program", place, name);
      if (family == Family::archive) add_mismatch("archive", closed, place, name);
    }
  }

  void add_mismatch(std::string_view what, Family promise, const Place& place,
                    std::string_view name) {
    if (promise == Family::unknown) return;
    add(Kind::type_mismatch, std::string(what) + " as " + std::string(to_word(promise)), place,
        name);
  }

  void judge_unread(std::string_view head, const Place& place, std::string_view name) {
    const std::string_view kind = unread_archive(head);
    if (!kind.empty()) add(Kind::unread, kind, place, name);
  }

  // Office documents are archives today, and some programs write tables as web pages.
  static bool excludes_archive(Family family) {
    return family == Family::text || excludes_page(family);
  }
  static bool excludes_page(Family family) {
    return family == Family::image || family == Family::media || family == Family::pdf;
  }

  static bool is_archive(std::string_view content) {
    return !unread_archive(content).empty() || archive::kind_of(content) != archive::Kind::none;
  }

  Family ask_library(std::string_view content) {
    if (tools_.media_types == nullptr || questions_ == max_questions) return Family::unknown;
    ++questions_;
    return family_of_type(tools_.media_types->type_of(content));
  }

  void open(const mail::Attachment& attachment, Place place) {
    if (archive::kind_of(attachment.content) == archive::Kind::none) return;
    place.in_archive = true;
    const std::string name(first_name(attachment.names));
    const archive::Options options{tools_.inflate, settings_.archive_depth};
    const archive::Walk walk =
        archive::walk(attachment.content, attachment.names, options, budget_,
                      [&](const archive::Item& item) { judge_item(item, place, name); });
    add_limits(walk.limits, place, name);
    const archive::Defects& defects = walk.defects;
    if (!defects.empty()) add(Kind::damaged, defects.text(), place, name);
    if (walk.hides_names) add(Kind::encrypted, "names", place, name);
  }

  void judge_item(const archive::Item& item, Place place, const std::string& attachment_name) {
    if (item.entry.is_folder) return;
    const std::string container = attachment_name + "/" + std::string(item.container);
    place.container = container;
    const std::string_view name = first_name(item.entry.names);
    judge_names(item.entry.names, place);
    if (item.entry.is_encrypted) add(Kind::encrypted, "", place, name);
    const std::string_view program = program_kind(item.head);
    if (!program.empty() && program != "script") add_program(program, item.entry.names, place);
    judge_unread(item.head, place, name);
  }

  void add_limits(const archive::LimitsHit& hit, const Place& place, std::string_view name) {
    using archive::Limit;
    if (hit.contains(Limit::depth)) add(Kind::limit, "attachments.archive_depth", place, name);
    if (hit.contains(Limit::entries)) add(Kind::limit, "attachments.archive_entries", place, name);
    if (hit.contains(Limit::unpacked_size)) {
      add(Kind::limit, "attachments.unpacked_size", place, name);
    }
  }

  const Settings& settings_;
  const Tools& tools_;
  archive::Budget budget_;
  unsigned questions_ = 0;  // that the library was asked
  Outcome outcome_;
};

}  // namespace

Outcome evaluate(const std::vector<mail::Attachment>& attachments, const Settings& settings,
                 const Tools& tools) {
  Evaluation evaluation(settings, tools);
  for (const mail::Attachment& attachment : attachments) evaluation.judge(attachment);
  return evaluation.finish();
}

}  // namespace postern::attachments
