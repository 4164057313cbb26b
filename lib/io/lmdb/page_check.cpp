#include "lib/io/lmdb/page_check.hpp"

#include <algorithm>
#include <optional>
#include <vector>

#include "lib/io/lmdb/page_layout.hpp"

namespace postern::io::lmdb {
namespace {

constexpr std::uint32_t min_page_size = 512;
constexpr std::uint32_t max_page_size = 32768;
// Pages that a transaction took and did not need are counted, and never written.
constexpr std::uint64_t max_unwritten_pages = 65536;

bool is_page_size(std::uint32_t size) {
  return size >= min_page_size && size <= max_page_size && (size & (size - 1)) == 0;
}

// The first problem ends a check. It is thrown, in this file only, so that the checks read as a
// list of what must hold.
struct Damage {
  std::string problem;
};
[[noreturn]] void damaged(std::string problem) {
  throw Damage{std::move(problem)};
}
void require(bool holds, const char* problem, std::uint64_t page) {
  if (!holds) damaged("page " + std::to_string(page) + ": " + problem);
}

// What a subtree must keep within: keys not before `from`, and before `to`.
struct Span {
  std::uint64_t page = 0;
  unsigned level = 0;  // 1 is the root
  std::string from;
  std::optional<std::string> to;
};

enum class Use { free_list, main, items };

class Checker {
 public:
  Checker(const PageSource& source, const Meta& meta, std::uint32_t page_size)
      : source_(source),
        meta_(meta),
        page_size_(page_size),
        file_pages_(source.size() / page_size),
        page_(page_size) {
    if (meta.last_page < 1 || meta.last_page >= file_pages_ + max_unwritten_pages) {
      damaged("meta page: the file is shorter than it says");
    }
    used_.resize(std::max(meta.last_page + 1, file_pages_));
    used_[0] = used_[1] = true;
  }

  void run() {
    walk(meta_.free, Use::free_list);
    walk(meta_.main, Use::main);
    const std::vector<Tree> named = std::move(named_);
    for (const Tree& tree : named) walk(tree, Use::items);
  }

  [[nodiscard]] std::size_t known_names() const { return known_names_; }
  [[nodiscard]] std::size_t other_names() const { return other_names_; }

 private:
  void walk(const Tree& tree, Use use) {
    Tree seen;
    if (tree.root == no_page) {
      if (tree.depth != 0 || tree.entries != 0) damaged("an empty tree has entries");
      return;
    }
    if (tree.depth < 1 || tree.depth > max_depth) damaged("a tree has an impossible depth");
    std::vector<Span> open = {{tree.root, 1, {}, std::nullopt}};
    while (!open.empty()) {
      const Span span = std::move(open.back());
      open.pop_back();
      const std::uint16_t kind = load(span.page);
      const bool is_leaf = span.level == tree.depth;
      require(kind == (is_leaf ? page_flags::leaf : page_flags::branch), "wrong kind", span.page);
      if (is_leaf) {
        ++seen.leaf_pages;
        check_leaf(span, use, seen);
      } else {
        ++seen.branch_pages;
        check_branch(span, use, open);
      }
    }
    if (seen.entries != tree.entries || seen.leaf_pages != tree.leaf_pages ||
        seen.branch_pages != tree.branch_pages || seen.overflow_pages != tree.overflow_pages) {
      damaged("a tree has other counts than it says");
    }
  }

  void claim(std::uint64_t page) {
    require(page < used_.size() && page <= meta_.last_page, "beyond the end", page);
    require(!used_[page], "used twice", page);
    used_[page] = true;
  }

  // Reads a page of a tree into page_, and checks all its nodes but not what they say.
  std::uint16_t load(std::uint64_t page) {
    claim(page);
    require(page < file_pages_ && source_.read(page * page_size_, page_.data(), page_size_),
            "cannot be read", page);
    require(number_at<std::uint64_t>(page_.data(), 0) == page, "wrong number", page);
    const auto kind = number_at<std::uint16_t>(page_.data(), 10);
    require(kind == page_flags::leaf || kind == page_flags::branch, "wrong flags", page);
    const auto lower = number_at<std::uint16_t>(page_.data(), 12);
    const auto upper = number_at<std::uint16_t>(page_.data(), 14);
    require(lower >= page_header_size && lower % 2 == 0 && lower <= upper && upper <= page_size_,
            "wrong bounds", page);
    nodes_.clear();
    places_.clear();
    for (std::size_t at = page_header_size; at < lower; at += 2) {
      const auto offset = number_at<std::uint16_t>(page_.data(), at);
      require(offset >= upper && offset + node_header_size <= page_size_ && offset % 2 == 0,
              "a node lies outside", page);
      nodes_.push_back(read_node(offset, kind == page_flags::leaf, page));
      places_.emplace_back(offset, offset + nodes_.back().size);
    }
    // Nodes fill the page from the end without gaps; LMDB moves them about by that.
    std::sort(places_.begin(), places_.end());
    std::size_t end = upper;
    for (const auto& [from, to] : places_) {
      require(from == end, "nodes overlap", page);
      end = to;
    }
    require(end == page_size_, "nodes leave a gap", page);
    return kind;
  }

  [[nodiscard]] Node read_node(std::size_t offset, bool is_leaf, std::uint64_t page) const {
    const char* octets = page_.data() + offset;
    const std::uint64_t low = number_at<std::uint16_t>(octets, 0);
    const std::uint64_t high = number_at<std::uint16_t>(octets, 2);
    const auto flags = number_at<std::uint16_t>(octets, 4);
    const auto key_size = number_at<std::uint16_t>(octets, 6);
    require(key_size <= max_key && offset + node_header_size + key_size <= page_size_,
            "a key is too long", page);
    Node node;
    node.key = {octets + node_header_size, key_size};
    node.size = node_header_size + key_size;
    if (is_leaf) {
      node.flags = flags;
      node.data_size = low | high << 16;
      node.data = octets + node.size;
      node.size += (flags & node_flags::big_data) != 0 ? sizeof(std::uint64_t) : node.data_size;
    } else {
      node.child = low | high << 16 | std::uint64_t{flags} << 32;
    }
    node.size += node.size % 2;
    require(offset + node.size <= page_size_, "a node is too long", page);
    return node;
  }

  // The key of a node must come after the one before it, and lie in the span.
  void check_key(std::size_t index, const Span& span, Use use) const {
    const std::string_view key = nodes_[index].key;
    if (use == Use::free_list) {
      require(key.size() == sizeof(std::uint64_t), "a key of wrong size", span.page);
    } else {
      require(!key.empty(), "an empty key", span.page);
    }
    require(span.from.empty() || compare(span.from, key, use) <= 0, "a key is too early",
            span.page);
    require(!span.to || compare(key, *span.to, use) < 0, "a key is too late", span.page);
  }
  void check_order(std::size_t index, const Span& span, Use use) const {
    require(compare(nodes_[index - 1].key, nodes_[index].key, use) < 0, "keys are not in order",
            span.page);
  }

  static int compare(std::string_view a, std::string_view b, Use use) {
    if (use != Use::free_list) return a.compare(b);
    const auto x = number_at<std::uint64_t>(a.data(), 0);
    const auto y = number_at<std::uint64_t>(b.data(), 0);
    return x < y ? -1 : x > y ? 1 : 0;
  }

  void check_branch(const Span& span, Use use, std::vector<Span>& open) const {
    const std::size_t least = use == Use::free_list ? 1 : 2;
    require(nodes_.size() >= least, "too few nodes", span.page);
    // The first key counts for nothing: its child has all that comes before the second.
    for (std::size_t i = 1; i < nodes_.size(); ++i) {
      check_key(i, span, use);
      if (i > 1) check_order(i, span, use);
    }
    for (std::size_t i = 0; i < nodes_.size(); ++i) {
      Span child{nodes_[i].child, span.level + 1, i == 0 ? span.from : std::string(nodes_[i].key),
                 span.to};
      if (i + 1 < nodes_.size()) child.to = std::string(nodes_[i + 1].key);
      open.push_back(std::move(child));
    }
  }

  void check_leaf(const Span& span, Use use, Tree& seen) {
    require(!nodes_.empty() || use == Use::free_list, "no nodes", span.page);
    seen.entries += nodes_.size();
    for (std::size_t i = 0; i < nodes_.size(); ++i) {
      check_key(i, span, use);
      if (i > 0) check_order(i, span, use);
      check_data(nodes_[i], use, span.page, seen);
    }
  }

  void check_data(const Node& node, Use use, std::uint64_t page, Tree& seen) {
    if (use == Use::main) {
      require(node.flags == node_flags::sub_data && node.data_size == Tree::size,
              "not the name of a database", page);
      const Tree tree = Tree::read(node.data);
      require(tree.flags == 0, "a database of unknown kind", page);
      const bool known =
          std::find(database_names.begin(), database_names.end(), node.key) != database_names.end();
      ++(known ? known_names_ : other_names_);
      named_.push_back(tree);
      return;
    }
    require((node.flags & ~node_flags::big_data) == 0, "a node of unknown kind", page);
    std::uint64_t first = no_page;
    if (node.flags == node_flags::big_data) {
      first = number_at<std::uint64_t>(node.data, 0);
      seen.overflow_pages += check_overflow(first, node.data_size);
    }
    if (use == Use::free_list) check_free_record(node, first, page);
  }

  std::uint64_t check_overflow(std::uint64_t first, std::uint64_t size) {
    const std::uint64_t pages = (page_header_size + size + page_size_ - 1) / page_size_;
    require(first < file_pages_ && pages <= file_pages_ - first, "beyond the end", first);
    for (std::uint64_t i = 0; i < pages; ++i) claim(first + i);
    char header[page_header_size];
    require(source_.read(first * page_size_, header, sizeof header), "cannot be read", first);
    require(number_at<std::uint64_t>(header, 0) == first &&
                number_at<std::uint16_t>(header, 10) == page_flags::overflow &&
                number_at<std::uint32_t>(header, 12) == pages,
            "wrong header", first);
    return pages;
  }

  // The pages that one transaction freed: their number, and then they, the last first.
  void check_free_record(const Node& node, std::uint64_t first, std::uint64_t page) {
    constexpr std::size_t word = sizeof(std::uint64_t);
    require(number_at<std::uint64_t>(node.key.data(), 0) <= meta_.transaction,
            "freed in the future", page);
    require(node.data_size >= word && node.data_size % word == 0, "a list of wrong size", page);
    std::vector<char> list(node.data_size);
    if (first == no_page) {
      std::memcpy(list.data(), node.data, list.size());
    } else {
      require(source_.read(first * page_size_ + page_header_size, list.data(), list.size()),
              "cannot be read", first);
    }
    const auto count = number_at<std::uint64_t>(list.data(), 0);
    require(count <= list.size() / word - 1, "a list that is too short", page);
    std::uint64_t before = no_page;
    for (std::uint64_t i = 1; i <= count; ++i) {
      const auto free = number_at<std::uint64_t>(list.data(), i * word);
      require(free < before, "a list that is not in order", page);
      // Whether it is used elsewhere is seen in either order: all pages are claimed once.
      claim(free);
      before = free;
    }
  }

  const PageSource& source_;
  const Meta& meta_;
  const std::uint32_t page_size_;
  const std::uint64_t file_pages_;
  std::vector<char> page_;
  std::vector<Node> nodes_;  // of page_
  std::vector<std::pair<std::size_t, std::size_t>> places_;
  std::vector<bool> used_;
  std::vector<Tree> named_;
  std::size_t known_names_ = 0;
  std::size_t other_names_ = 0;
};

// The meta page in force.
Meta newest_meta(const PageSource& source, std::uint32_t page_size) {
  Meta metas[2];
  for (std::uint64_t i = 0; i < 2; ++i) {
    char octets[Meta::size];
    require(source.read(i * page_size, octets, sizeof octets), "cannot be read", i);
    metas[i] = Meta::read(octets);
    const Meta& meta = metas[i];
    require(meta.page == i && meta.flags == page_flags::meta && meta.magic == Meta::right_magic,
            "not a meta page", i);
    require(meta.version == Meta::right_version, "wrong version", i);
    require(meta.free.pad == page_size && meta.main.pad == 0, "wrong page size", i);
    require((meta.free.flags & ~no_subdirectory) == integer_key && meta.main.flags == 0,
            "unknown flags", i);
    require(meta.transaction % 2 == i || meta.transaction == 0, "wrong transaction", i);
  }
  const bool fresh = metas[0].transaction == 0 && metas[1].transaction == 0;
  const std::uint64_t low = std::min(metas[0].transaction, metas[1].transaction);
  const std::uint64_t high = std::max(metas[0].transaction, metas[1].transaction);
  require(fresh || high - low == 1, "transactions that do not follow one another", 0);
  return metas[0].transaction < metas[1].transaction ? metas[1] : metas[0];
}

// Both meta pages agree that a later LMDB wrote them.
bool is_newer(const PageSource& source, std::uint32_t page_size) {
  std::uint32_t versions[2] = {};
  for (std::uint64_t i = 0; i < 2; ++i) {
    char octets[Meta::size];
    if (!source.read(i * page_size, octets, sizeof octets)) return false;
    const Meta meta = Meta::read(octets);
    if (meta.magic != Meta::right_magic) return false;
    versions[i] = meta.version;
  }
  return versions[0] == versions[1] && versions[0] > Meta::right_version;
}

}  // namespace

std::uint32_t page_size_of(const PageSource& source) {
  char octets[Meta::size];
  if (!source.read(0, octets, sizeof octets)) return 0;
  const Meta meta = Meta::read(octets);
  return meta.magic == Meta::right_magic && is_page_size(meta.free.pad) ? meta.free.pad : 0;
}

PageVerdict check_pages(const PageSource& source) {
  using Kind = PageVerdict::Kind;
  try {
    const std::uint32_t page_size = page_size_of(source);
    if (page_size == 0) return {Kind::damaged, "page 0: not a meta page"};
    if (is_newer(source, page_size)) return {Kind::newer, "written by a later version of LMDB"};
    const Meta meta = newest_meta(source, page_size);
    Checker checker(source, meta, page_size);
    checker.run();
    if (checker.other_names() > 0) {
      return checker.known_names() == 0 ? PageVerdict{Kind::foreign, "it is of another program"}
                                        : PageVerdict{Kind::damaged, "it has unknown databases"};
    }
    return {};
  } catch (const Damage& damage) {
    return {Kind::damaged, damage.problem};
  }
}

}  // namespace postern::io::lmdb
