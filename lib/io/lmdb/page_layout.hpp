// How LMDB 0.9 lays out pages on disk: the offsets that checks of a file need.
#pragma once

#include <cstdint>
#include <cstring>
#include <string_view>

namespace postern::io::lmdb {

inline constexpr std::uint64_t no_page = ~std::uint64_t{0};
inline constexpr std::size_t page_header_size = 16;
inline constexpr std::size_t node_header_size = 8;
inline constexpr std::size_t max_key = 511;  // octets
inline constexpr unsigned max_depth = 32;

namespace page_flags {
inline constexpr std::uint16_t branch = 0x01;
inline constexpr std::uint16_t leaf = 0x02;
inline constexpr std::uint16_t overflow = 0x04;
inline constexpr std::uint16_t meta = 0x08;
}  // namespace page_flags

namespace node_flags {
inline constexpr std::uint16_t big_data = 0x01;  // on overflow pages
inline constexpr std::uint16_t sub_data = 0x02;  // a named database
}  // namespace node_flags

inline constexpr std::uint16_t integer_key = 0x08;
inline constexpr std::uint16_t no_subdirectory = 0x4000;

/// A number at an offset that the caller has checked.
template <typename T>
T number_at(const char* page, std::size_t offset) {
  T number{};
  std::memcpy(&number, page + offset, sizeof number);
  return number;
}

/// One database: a B+ tree.
struct Tree {
  static constexpr std::size_t size = 48;

  std::uint32_t pad = 0;  // of the free list: the page size
  std::uint16_t flags = 0;
  std::uint16_t depth = 0;
  std::uint64_t branch_pages = 0;
  std::uint64_t leaf_pages = 0;
  std::uint64_t overflow_pages = 0;
  std::uint64_t entries = 0;
  std::uint64_t root = no_page;

  /// \param octets  At least `size` of them.
  static Tree read(const char* octets) {
    Tree tree;
    tree.pad = number_at<std::uint32_t>(octets, 0);
    tree.flags = number_at<std::uint16_t>(octets, 4);
    tree.depth = number_at<std::uint16_t>(octets, 6);
    tree.branch_pages = number_at<std::uint64_t>(octets, 8);
    tree.leaf_pages = number_at<std::uint64_t>(octets, 16);
    tree.overflow_pages = number_at<std::uint64_t>(octets, 24);
    tree.entries = number_at<std::uint64_t>(octets, 32);
    tree.root = number_at<std::uint64_t>(octets, 40);
    return tree;
  }
};

/// One of the two first pages.
struct Meta {
  static constexpr std::size_t size = 152;  // with the page header
  static constexpr std::uint32_t right_magic = 0xBEEFC0DE;
  static constexpr std::uint32_t right_version = 1;

  std::uint64_t page = 0;
  std::uint16_t flags = 0;
  std::uint32_t magic = 0;
  std::uint32_t version = 0;
  Tree free;
  Tree main;
  std::uint64_t last_page = 0;
  std::uint64_t transaction = 0;

  /// \param octets  At least `size` of them.
  static Meta read(const char* octets) {
    Meta meta;
    meta.page = number_at<std::uint64_t>(octets, 0);
    meta.flags = number_at<std::uint16_t>(octets, 10);
    meta.magic = number_at<std::uint32_t>(octets, 16);
    meta.version = number_at<std::uint32_t>(octets, 20);
    meta.free = Tree::read(octets + 40);
    meta.main = Tree::read(octets + 88);
    meta.last_page = number_at<std::uint64_t>(octets, 136);
    meta.transaction = number_at<std::uint64_t>(octets, 144);
    return meta;
  }
};

/// A node of a branch or leaf page; views borrow from the page.
struct Node {
  std::uint16_t flags = 0;
  std::string_view key;
  std::uint64_t child = no_page;  // of a branch
  std::uint64_t data_size = 0;    // of a leaf; of big data, what lies on overflow pages
  const char* data = nullptr;     // of a leaf; of big data, the number of the first page
  std::size_t size = 0;           // on this page, rounded up to an even number
};

}  // namespace postern::io::lmdb
