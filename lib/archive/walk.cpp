#include "lib/archive/walk.hpp"

#include <algorithm>
#include <deque>
#include <utility>

#include "lib/archive/gzip.hpp"
#include "lib/archive/tar.hpp"
#include "lib/archive/zip.hpp"
#include "lib/base/ascii.hpp"

namespace postern::archive {
namespace {

constexpr std::size_t max_container_size = 1'024;
constexpr std::size_t least_cost = 512;  // octets of the budget for each start of unpacking

// "a.tar.gz" is "a.tar", and "a.tgz" too.
std::string without_gz(std::string_view name) {
  for (const std::string_view end : {".gz", ".z"}) {
    if (name.size() > end.size() &&
        ascii::equals_ignoring_case(name.substr(name.size() - end.size()), end)) {
      return std::string(name.substr(0, name.size() - end.size()));
    }
  }
  constexpr std::string_view tgz = ".tgz";
  if (name.size() > tgz.size() &&
      ascii::equals_ignoring_case(name.substr(name.size() - tgz.size()), tgz)) {
    return std::string(name.substr(0, name.size() - tgz.size())) + ".tar";
  }
  return std::string(name);
}

// The one entry that a gzip is.
Directory read_gzip(std::string_view text, const std::vector<std::string>& names) {
  Directory directory;
  Entry entry;
  if (const auto header = read_gzip_header(text)) {
    add_name(entry, header->name, directory.defects);
  }
  for (const std::string& name : names) add_name(entry, without_gz(name), directory.defects);
  entry.method = Method::gzip;
  entry.data = text;
  directory.entries.push_back(std::move(entry));
  return directory;
}

// An archive that is open; it lies still while others are opened above it.
struct Open {
  std::string owned;     // empty for the outermost
  bool is_whole = true;  // or cut by the budget
  Directory directory;
  std::size_t next = 0;
  std::string container;
};

class Walker {
 public:
  Walker(const Options& options, Budget& budget, const std::function<void(const Item&)>& visit)
      : options_(options), budget_(budget), visit_(visit) {}

  Walk run(std::string_view text, const std::vector<std::string>& names) {
    open_.emplace_back();
    read_directory(open_.back(), text, kind_of(text), names);
    while (!open_.empty()) {
      Open& top = open_.back();
      if (top.next == top.directory.entries.size()) {
        open_.pop_back();
      } else {
        enter(top, top.directory.entries[top.next++]);
      }
    }
    return walk_;
  }

 private:
  enum class Part { head, whole };

  void read_directory(Open& open, std::string_view text, Kind kind,
                      const std::vector<std::string>& names) {
    switch (kind) {
      case Kind::none: return;
      case Kind::zip: open.directory = read_zip(text, budget_.entries); break;
      case Kind::tar: open.directory = read_tar(text, budget_.entries); break;
      case Kind::gzip: open.directory = read_gzip(text, names); break;
    }
    if (open.directory.is_cut) walk_.limits.add(Limit::entries);
    if (open.is_whole) walk_.defects.add(open.directory.defects);
    walk_.hides_names = walk_.hides_names || open.directory.hides_names;
  }

  void enter(const Open& parent, const Entry& entry) {
    if (budget_.entries == 0) {
      walk_.limits.add(Limit::entries);
      return;
    }
    --budget_.entries;
    const std::string head = unpack(entry, Part::head);
    const bool is_stored = entry.method == Method::stored && !entry.is_encrypted;
    const Kind kind = kind_of(is_stored ? entry.data : std::string_view(head));
    const auto depth = static_cast<unsigned>(open_.size());
    visit_({entry, parent.container, depth, head, kind});
    if (kind == Kind::none) return;
    if (depth >= options_.depth) {
      walk_.limits.add(Limit::depth);
      return;
    }
    descend(parent, entry, kind);
  }

  void descend(const Open& parent, const Entry& entry, Kind kind) {
    std::string container = parent.container;
    if (container.size() < max_container_size && !entry.names.empty()) {
      container += entry.names.front() + "/";
    }
    std::string content = unpack(entry, Part::whole);
    open_.emplace_back();  // a deque moves nothing, so `parent` and `entry` stay
    Open& child = open_.back();
    child.is_whole = parent.is_whole && !is_cut_;
    child.owned = std::move(content);
    child.container = std::move(container);
    read_directory(child, child.owned, kind, entry.names);
  }

  // As much of an entry as the budget allows.
  std::string unpack(const Entry& entry, Part part) {
    if (entry.is_encrypted || entry.method == Method::other) return {};
    const std::size_t wanted = part == Part::head ? head_size : budget_.octets;
    const std::size_t allowed = std::min(wanted, budget_.octets);
    const bool is_short = part == Part::whole || allowed < wanted;
    std::string content;
    auto end = Inflated::End::whole;
    if (entry.method == Method::stored) {
      content = std::string(entry.data.substr(0, allowed));
      spend(content.size());
      if (content.size() < entry.data.size()) end = Inflated::End::full;
    } else if (entry.method == Method::gzip) {
      end = unpack_gzip(entry.data, allowed, content);
    } else {
      end = unpack_deflated(entry.data, allowed, content);
    }
    note(end, is_short);
    return content;
  }

  void note(Inflated::End end, bool is_short) {
    if (end == Inflated::End::truncated) walk_.defects.add(Defect::truncated);
    if (end == Inflated::End::corrupt) walk_.defects.add(Defect::corrupt);
    is_cut_ = end == Inflated::End::full && is_short;
    if (is_cut_) walk_.limits.add(Limit::unpacked_size);
  }

  Inflated::End unpack_deflated(std::string_view packed, std::size_t size, std::string& content) {
    if (budget_.octets == 0) return Inflated::End::full;
    // What is read counts as well, and each beginning: packed data may hold nothing at all.
    const std::string_view allowed = packed.substr(0, budget_.octets);
    Inflated part = options_.inflate(allowed, size);
    spend(std::max({part.consumed, part.content.size(), least_cost}));
    consumed_ = part.consumed;
    content += part.content;
    const bool is_cut = part.end == Inflated::End::truncated && allowed.size() < packed.size();
    return is_cut ? Inflated::End::full : part.end;
  }

  // Readers join the members; what follows the last one is padding.
  Inflated::End unpack_gzip(std::string_view packed, std::size_t size, std::string& content) {
    while (true) {
      const auto header = read_gzip_header(packed);
      if (!header) return Inflated::End::whole;
      packed.remove_prefix(header->size);
      spend(header->size);
      const auto end = unpack_deflated(packed, size - content.size(), content);
      if (end != Inflated::End::whole) return end;
      packed.remove_prefix(std::min(consumed_ + gzip_trailer_size, packed.size()));
    }
  }

  void spend(std::size_t octets) { budget_.octets -= std::min(octets, budget_.octets); }

  const Options& options_;
  Budget& budget_;
  const std::function<void(const Item&)>& visit_;
  std::deque<Open> open_;
  std::size_t consumed_ = 0;
  bool is_cut_ = false;  // whether the budget cut what was unpacked last
  Walk walk_;
};

}  // namespace

std::string_view to_text(Limit limit) {
  switch (limit) {
    case Limit::depth: return "depth";
    case Limit::entries: return "entries";
    case Limit::unpacked_size: return "unpacked_size";
  }
  return "?";
}

Kind kind_of(std::string_view text) {
  if (is_tar(text)) return Kind::tar;
  if (text.starts_with("\x1f\x8b\x08")) return Kind::gzip;
  return is_zip(text) ? Kind::zip : Kind::none;
}

Walk walk(std::string_view text, const std::vector<std::string>& names, const Options& options,
          Budget& budget, const std::function<void(const Item&)>& visit) {
  return Walker(options, budget, visit).run(text, names);
}

}  // namespace postern::archive
