#include "lib/io/pcre2/pcre2_compiler.hpp"

#define PCRE2_CODE_UNIT_WIDTH 0
#include <pcre2.h>

#include <array>
#include <cstdint>
#include <utility>

#include "lib/io/handle.hpp"
#include "lib/io/pcre2/character_tables.hpp"
#include "lib/io/pcre2/perl_syntax.hpp"

namespace postern::io {
namespace {

using antispam::Regex;
using antispam::RegexMatch;

// PCRE2's own default. A search that goes on longer has met a pattern that explodes.
constexpr std::uint32_t max_steps = 10'000'000;
constexpr std::uint32_t max_heap = 20 * 1'024;  // KiB, for patterns without machine code
constexpr std::size_t first_stack_size = 32 * 1'024;
constexpr std::size_t max_stack_size = 4 * 1'024 * 1'024;

constexpr std::uint32_t compile_options = PCRE2_NEVER_UTF | PCRE2_NEVER_UCP | PCRE2_DUPNAMES;

// The library of octets.
struct NarrowLibrary {
  using Unit = std::uint8_t;
  static constexpr auto compile = pcre2_compile_8;
  static constexpr auto jit_compile = pcre2_jit_compile_8;
  static constexpr auto jit_match = pcre2_jit_match_8;
  static constexpr auto match = pcre2_match_8;
  static constexpr auto pattern_info = pcre2_pattern_info_8;
  static constexpr auto ovector = pcre2_get_ovector_pointer_8;
  static constexpr auto new_match_data = pcre2_match_data_create_8;
  static constexpr auto new_stack = pcre2_jit_stack_create_8;
  static constexpr auto new_match_context = pcre2_match_context_create_8;
  static constexpr auto new_compile_context = pcre2_compile_context_create_8;
  static constexpr auto assign_stack = pcre2_jit_stack_assign_8;
  static constexpr auto set_match_limit = pcre2_set_match_limit_8;
  static constexpr auto set_heap_limit = pcre2_set_heap_limit_8;
  static constexpr auto set_newline = pcre2_set_newline_8;
  static constexpr auto set_tables = pcre2_set_character_tables_8;
  using Code = CHandle<pcre2_code_8, pcre2_code_free_8>;
  using MatchData = CHandle<pcre2_match_data_8, pcre2_match_data_free_8>;
  using Stack = CHandle<pcre2_jit_stack_8, pcre2_jit_stack_free_8>;
  using MatchContext = CHandle<pcre2_match_context_8, pcre2_match_context_free_8>;
  using CompileContext = CHandle<pcre2_compile_context_8, pcre2_compile_context_free_8>;
};

// The library of 32-bit units, in which each octet becomes one unit.
struct WideLibrary {
  using Unit = std::uint32_t;
  static constexpr auto compile = pcre2_compile_32;
  static constexpr auto jit_compile = pcre2_jit_compile_32;
  static constexpr auto jit_match = pcre2_jit_match_32;
  static constexpr auto match = pcre2_match_32;
  static constexpr auto pattern_info = pcre2_pattern_info_32;
  static constexpr auto ovector = pcre2_get_ovector_pointer_32;
  static constexpr auto new_match_data = pcre2_match_data_create_32;
  static constexpr auto new_stack = pcre2_jit_stack_create_32;
  static constexpr auto new_match_context = pcre2_match_context_create_32;
  static constexpr auto new_compile_context = pcre2_compile_context_create_32;
  static constexpr auto assign_stack = pcre2_jit_stack_assign_32;
  static constexpr auto set_match_limit = pcre2_set_match_limit_32;
  static constexpr auto set_heap_limit = pcre2_set_heap_limit_32;
  static constexpr auto set_newline = pcre2_set_newline_32;
  static constexpr auto set_tables = pcre2_set_character_tables_32;
  using Code = CHandle<pcre2_code_32, pcre2_code_free_32>;
  using MatchData = CHandle<pcre2_match_data_32, pcre2_match_data_free_32>;
  using Stack = CHandle<pcre2_jit_stack_32, pcre2_jit_stack_free_32>;
  using MatchContext = CHandle<pcre2_match_context_32, pcre2_match_context_free_32>;
  using CompileContext = CHandle<pcre2_compile_context_32, pcre2_compile_context_free_32>;
};

// The text as units of the library, and what keeps them. For octets it is the text itself.
template <typename Library>
class Units;

template <>
class Units<NarrowLibrary> {
 public:
  const std::uint8_t* of(std::string_view text) {
    return reinterpret_cast<const std::uint8_t*>(text.empty() ? "" : text.data());
  }
};

template <>
class Units<WideLibrary> {
 public:
  const std::uint32_t* of(std::string_view text) {
    // Room for a message of many megabytes is given back.
    constexpr std::size_t kept = 64 * 1'024;
    if (text.size() < kept && units_.capacity() > kept) units_.shrink_to_fit();
    units_.resize(text.size() + 1);
    for (std::size_t i = 0; i < text.size(); ++i) units_[i] = static_cast<unsigned char>(text[i]);
    return units_.data();
  }

 private:
  std::vector<std::uint32_t> units_;
};

// What a thread needs to match, so that no match allocates.
template <typename Library>
struct Scratch {
  typename Library::MatchData match_data{Library::new_match_data(1, nullptr)};
  typename Library::Stack stack{Library::new_stack(first_stack_size, max_stack_size, nullptr)};
  typename Library::MatchContext context{Library::new_match_context(nullptr)};
  Units<Library> units;

  Scratch() {
    if (!match_data || !context) throw std::bad_alloc();
    Library::set_match_limit(context.get(), max_steps);
    Library::set_heap_limit(context.get(), max_heap);
    Library::assign_stack(context.get(), nullptr, stack.get());
  }

  static Scratch& of_thread() {
    thread_local Scratch scratch;
    return scratch;
  }
};

template <typename Library>
class CompiledPattern final : public Regex {
 public:
  CompiledPattern(typename Library::Code code, bool has_machine_code)
      : code_(std::move(code)), has_machine_code_(has_machine_code) {}

  RegexMatch find(std::string_view subject, std::size_t from,
                  bool not_empty_at_start) const override {
    Scratch<Library>& scratch = Scratch<Library>::of_thread();
    return run(scratch, subject, from, not_empty_at_start ? PCRE2_NOTEMPTY_ATSTART : 0,
               scratch.match_data.get());
  }

  RegexMatch find_groups(std::string_view subject, std::size_t from) const override {
    std::uint32_t groups = 0;
    Library::pattern_info(code_.get(), PCRE2_INFO_CAPTURECOUNT, &groups);
    const typename Library::MatchData data(Library::new_match_data(groups + 1, nullptr));
    if (!data) throw std::bad_alloc();
    RegexMatch match = run(Scratch<Library>::of_thread(), subject, from, 0, data.get());
    if (!match) return match;
    const std::size_t* const found = Library::ovector(data.get());
    for (std::size_t i = 1; i <= groups; ++i) {
      match.groups.emplace_back(found[2 * i], found[2 * i + 1]);
    }
    return match;
  }

  std::vector<std::pair<std::string, unsigned>> names() const override {
    std::uint32_t count = 0;
    std::uint32_t width = 0;
    const typename Library::Unit* table = nullptr;
    Library::pattern_info(code_.get(), PCRE2_INFO_NAMECOUNT, &count);
    Library::pattern_info(code_.get(), PCRE2_INFO_NAMEENTRYSIZE, &width);
    Library::pattern_info(code_.get(), PCRE2_INFO_NAMETABLE, &table);
    std::vector<std::pair<std::string, unsigned>> names;
    for (std::uint32_t i = 0; i < count; ++i, table += width) names.push_back(named(table));
    return names;
  }

 private:
  template <typename Data>
  RegexMatch run(Scratch<Library>& scratch, std::string_view subject, std::size_t from,
                 std::uint32_t options, Data* data) const {
    if (from > subject.size()) return {};
    const auto* const units = scratch.units.of(subject);
    const auto search = has_machine_code_ ? Library::jit_match : Library::match;
    const int code =
        search(code_.get(), units, subject.size(), from, options, data, scratch.context.get());
    if (code == PCRE2_ERROR_NOMATCH) return {};
    if (code < 0) return {RegexMatch::Outcome::limit};
    const std::size_t* const found = Library::ovector(data);
    return {RegexMatch::Outcome::match, found[0], found[1]};
  }

  // The number, in as many units as 16 bits take, then the name.
  static std::pair<std::string, unsigned> named(const typename Library::Unit* entry) {
    constexpr std::size_t number_units = sizeof(typename Library::Unit) == 1 ? 2 : 1;
    const unsigned number = number_units == 2 ? entry[0] * 256U + entry[1] : entry[0];
    std::string name;
    for (entry += number_units; *entry != 0; ++entry) name += static_cast<char>(*entry);
    return {name, number};
  }

  typename Library::Code code_;
  bool has_machine_code_;
};

std::string message_of(int error) {
  std::array<std::uint8_t, 256> text{};
  pcre2_get_error_message_8(error, text.data(), text.size());
  return reinterpret_cast<const char*>(text.data());
}

// What is wrong, by PCRE2's number.
struct Refusal {
  int error = 0;
  std::size_t offset = 0;
};

template <typename Library>
Expected<std::unique_ptr<Regex>, Refusal> compile_with(std::string_view pattern) {
  const typename Library::CompileContext context(Library::new_compile_context(nullptr));
  if (!context) throw std::bad_alloc();
  Library::set_newline(context.get(), PCRE2_NEWLINE_LF);
  Library::set_tables(context.get(), perl_character_tables().data());
  Units<Library> units;
  Refusal refusal;
  typename Library::Code code(Library::compile(units.of(pattern), pattern.size(), compile_options,
                                               &refusal.error, &refusal.offset, context.get()));
  if (!code) return Unexpected<Refusal>(refusal);
  const bool has_machine_code = Library::jit_compile(code.get(), PCRE2_JIT_COMPLETE) == 0;
  return std::make_unique<CompiledPattern<Library>>(std::move(code), has_machine_code);
}

}  // namespace

Expected<std::unique_ptr<Regex>, std::string> Pcre2Compiler::compile(
    std::string_view pattern) const {
  const auto syntax = pcre2_syntax(pattern);
  if (!syntax) return Unexpected<std::string>(syntax.error());
  auto compiled = compile_with<NarrowLibrary>(*syntax);
  if (!compiled && compiled.error().error == PCRE2_ERROR_PATTERN_TOO_LARGE) {
    compiled = compile_with<WideLibrary>(*syntax);
  }
  if (compiled) return std::move(*compiled);
  return Unexpected<std::string>("at offset " + std::to_string(compiled.error().offset) + ": " +
                                 message_of(compiled.error().error));
}

bool Pcre2Compiler::makes_machine_code() {
  int error = 0;
  std::size_t offset = 0;
  const NarrowLibrary::Code code(
      pcre2_compile_8(reinterpret_cast<PCRE2_SPTR8>("a"), 1, 0, &error, &offset, nullptr));
  return code && pcre2_jit_compile_8(code.get(), PCRE2_JIT_COMPLETE) == 0;
}

}  // namespace postern::io
