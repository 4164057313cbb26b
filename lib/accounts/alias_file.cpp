#include "lib/accounts/alias_file.hpp"

#include <algorithm>
#include <unordered_set>

#include "lib/accounts/address.hpp"

namespace postern::accounts {
namespace {

constexpr std::string_view separators = ", \t";

// What is wrong with the entry, or nothing.
std::string problem_of(const AliasEntry& entry) {
  if (!is_address(entry.address, AddressKind::alias)) {
    return "does not begin with an address or @domain as Postern writes them, in lower case; mend "
           "or delete the line";
  }
  if (entry.targets.empty()) return "has no target; mend or delete the line";
  if (entry.targets.size() > max_targets) return "has more than 100 targets; divide them";
  for (auto target = entry.targets.begin(); target != entry.targets.end(); ++target) {
    if (!is_address(*target, AddressKind::target)) {
      return "has a target that is no address as Postern writes them, in lower case; mend it";
    }
    if (std::find(entry.targets.begin(), target, *target) != target) {
      return "has a target twice; delete one of them";
    }
  }
  return "";
}

AliasEntry split(std::string_view line, std::string before) {
  AliasEntry entry;
  entry.before = std::move(before);
  const std::size_t blank = std::min(line.find_first_of(" \t"), line.size());
  entry.address = line.substr(0, blank);
  line.remove_prefix(blank);
  while (true) {
    const std::size_t begin = line.find_first_not_of(separators);
    if (begin == line.npos) return entry;
    const std::size_t end = std::min(line.find_first_of(separators, begin), line.size());
    entry.targets.emplace_back(line.substr(begin, end - begin));
    line.remove_prefix(end);
  }
}

}  // namespace

AliasEntry* AliasFile::find(std::string_view address) {
  const auto found = std::find_if(entries.begin(), entries.end(),
                                  [&](const AliasEntry& e) { return e.address == address; });
  return found == entries.end() ? nullptr : &*found;
}

const AliasEntry* AliasFile::find(std::string_view address) const {
  return const_cast<AliasFile*>(this)->find(address);
}

void AliasFile::remove(std::string_view address) {
  const auto found = std::find_if(entries.begin(), entries.end(),
                                  [&](const AliasEntry& e) { return e.address == address; });
  if (found == entries.end()) return;
  const auto next = found + 1;
  std::string& heir = next == entries.end() ? after : next->before;
  heir.insert(0, found->before);
  entries.erase(found);
}

Expected<AliasFile, FileProblem> parse_alias_file(std::string_view text) {
  AliasFile file;
  std::unordered_set<std::string> addresses;
  FileLines lines(text);
  while (true) {
    const auto more = lines.next(true);
    if (!more) return Unexpected<FileProblem>(more.error());
    if (!*more) break;
    AliasEntry entry = split(lines.line(), lines.before());
    const std::string problem = problem_of(entry);
    if (!problem.empty()) return lines.refuse(problem);
    if (!addresses.insert(entry.address).second) {
      return lines.refuse("is the second line of this address; put their targets together");
    }
    file.entries.push_back(std::move(entry));
  }
  file.after = lines.before();
  return file;
}

std::string format(const AliasFile& file) {
  std::string text;
  for (const AliasEntry& entry : file.entries) {
    text += entry.before + entry.address;
    for (const std::string& target : entry.targets) {
      text += (&target == &entry.targets.front() ? "  " : ", ") + target;
    }
    text += '\n';
  }
  return text + file.after;
}

}  // namespace postern::accounts
