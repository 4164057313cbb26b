#include "lib/io/pcre2/pcre2_compiler.hpp"

#define PCRE2_CODE_UNIT_WIDTH 0
#include <pcre2.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <mutex>
#include <utility>

#include "lib/io/handle.hpp"
#include "lib/io/pcre2/character_tables.hpp"
#include "lib/io/pcre2/perl_syntax.hpp"

namespace postern::io {
namespace {

using antispam::Regex;
using antispam::RegexMatch;

// Machine code counts some steps only, anew at each octet that a match may begin with, and each
// step may go through the whole subject. So a search has few steps, so few that the time they take
// is bounded even if each is as long as it can be. Where the steps are not enough, it goes on with
// fewer octets to begin with at a time, each with more steps; where one octet is too many, the same
// pattern runs there anew, watched: at each item of it steps are counted, and the deadline is
// asked. That takes some ten times as long.
constexpr std::size_t max_piece_work = 250'000'000;  // octets, if each start went through all
constexpr std::size_t narrowing = 32;
constexpr std::size_t max_unwatched = 100'000'000;  // octets gone through
constexpr std::size_t most_unwatched_steps = 100'000;
constexpr std::uint64_t max_steps = 10'000'000;  // of a watched search
constexpr std::size_t max_unasked = 1'000'000;   // octets gone through between two questions
constexpr std::uint32_t max_heap = 20 * 1'024;   // KiB, for patterns without machine code
constexpr std::size_t first_stack_size = 32 * 1'024;
constexpr std::size_t max_stack_size = 4 * 1'024 * 1'024;

constexpr std::uint32_t compile_options =
    PCRE2_NEVER_UTF | PCRE2_NEVER_UCP | PCRE2_DUPNAMES | PCRE2_USE_OFFSET_LIMIT;
constexpr std::uint32_t watched = PCRE2_AUTO_CALLOUT;

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
  static constexpr auto set_offset_limit = pcre2_set_offset_limit_8;
  static constexpr auto set_callout = pcre2_set_callout_8;
  using CalloutBlock = pcre2_callout_block_8;
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
  static constexpr auto set_offset_limit = pcre2_set_offset_limit_32;
  static constexpr auto set_callout = pcre2_set_callout_32;
  using CalloutBlock = pcre2_callout_block_32;
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

// Counts the items that a watched search comes to. One step goes through the subject at most.
class Watch {
 public:
  Watch(antispam::Deadline* deadline, std::size_t subject_size)
      : deadline_(deadline),
        work_(subject_size),
        steps_of_a_question_(1 + max_unasked / (subject_size + 1)) {}

  // For PCRE2: 0 goes on.
  template <typename Block>
  static int on_item(Block* /*where*/, void* watch) {
    return static_cast<Watch*>(watch)->is_over() ? PCRE2_ERROR_CALLOUT : 0;
  }

 private:
  bool is_over() {
    if (++steps_ > max_steps) return true;
    if (deadline_ == nullptr || steps_ % steps_of_a_question_ != 0) return false;
    return deadline_->is_over(work_ * steps_of_a_question_);
  }

  antispam::Deadline* deadline_;
  std::size_t work_;
  std::size_t steps_of_a_question_;
  std::uint64_t steps_ = 0;
};

// What a thread needs to match, so that no match allocates.
template <typename Library>
struct Scratch {
  typename Library::MatchData match_data{Library::new_match_data(1, nullptr)};
  typename Library::Stack stack{Library::new_stack(first_stack_size, max_stack_size, nullptr)};
  typename Library::MatchContext context{Library::new_match_context(nullptr)};
  typename Library::MatchContext watching{Library::new_match_context(nullptr)};
  Units<Library> units;

  Scratch() {
    if (!match_data || !context || !watching) throw std::bad_alloc();
    for (auto* each : {context.get(), watching.get()}) {
      Library::set_heap_limit(each, max_heap);
      Library::assign_stack(each, nullptr, stack.get());
    }
  }

  static Scratch& of_thread() {
    thread_local Scratch scratch;
    return scratch;
  }
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

// A pattern as one library has it.
template <typename Library>
struct Program {
  typename Library::Code code;
  bool has_machine_code = false;

  static Expected<Program, Refusal> make(std::string_view pattern, std::uint32_t options) {
    const typename Library::CompileContext context(Library::new_compile_context(nullptr));
    if (!context) throw std::bad_alloc();
    Library::set_newline(context.get(), PCRE2_NEWLINE_LF);
    Library::set_tables(context.get(), perl_character_tables().data());
    Units<Library> units;
    Refusal refusal;
    Program made;
    made.code.reset(Library::compile(units.of(pattern), pattern.size(), compile_options | options,
                                     &refusal.error, &refusal.offset, context.get()));
    if (!made.code) return Unexpected<Refusal>(refusal);
    made.has_machine_code = Library::jit_compile(made.code.get(), PCRE2_JIT_COMPLETE) == 0;
    return made;
  }
};

template <typename Library>
class CompiledPattern final : public Regex {
 public:
  CompiledPattern(Program<Library> program, std::string pattern)
      : program_(std::move(program)), pattern_(std::move(pattern)) {
    std::uint32_t options = 0;
    Library::pattern_info(program_.code.get(), PCRE2_INFO_ALLOPTIONS, &options);
    // \G is where a search begins, which a piece must not move.
    has_one_start_ = (options & PCRE2_ANCHORED) != 0 || pattern_.find("\\G") != pattern_.npos;
  }

  RegexMatch find(std::string_view subject, std::size_t from, bool not_empty_at_start,
                  antispam::Deadline* deadline) const override {
    return run({subject, from, not_empty_at_start ? PCRE2_NOTEMPTY_ATSTART : 0, deadline},
               Scratch<Library>::of_thread().match_data.get());
  }

  RegexMatch find_groups(std::string_view subject, std::size_t from,
                         antispam::Deadline* deadline) const override {
    std::uint32_t groups = 0;
    Library::pattern_info(program_.code.get(), PCRE2_INFO_CAPTURECOUNT, &groups);
    const typename Library::MatchData data(Library::new_match_data(groups + 1, nullptr));
    if (!data) throw std::bad_alloc();
    RegexMatch match = run({subject, from, 0, deadline}, data.get());
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
    Library::pattern_info(program_.code.get(), PCRE2_INFO_NAMECOUNT, &count);
    Library::pattern_info(program_.code.get(), PCRE2_INFO_NAMEENTRYSIZE, &width);
    Library::pattern_info(program_.code.get(), PCRE2_INFO_NAMETABLE, &table);
    std::vector<std::pair<std::string, unsigned>> names;
    for (std::uint32_t i = 0; i < count; ++i, table += width) names.push_back(named(table));
    return names;
  }

 private:
  struct Search {
    std::string_view subject;
    std::size_t from = 0;
    std::uint32_t options = 0;
    antispam::Deadline* deadline = nullptr;
    std::size_t last = 0;  // that a match may begin with
  };

  template <typename Data>
  RegexMatch run(Search search, Data* data) const {
    const std::size_t size = search.subject.size();
    if (search.from > size) return {};
    Scratch<Library>& scratch = Scratch<Library>::of_thread();
    const auto* const units = scratch.units.of(search.subject);
    Watch watch(search.deadline, size);
    const std::size_t all = has_one_start_ ? 1 : max_piece_work / (size + 1) + 1;
    std::size_t width = all;
    std::size_t narrow_until = 0;  // before it: fewer at a time
    while (true) {
      if (search.from >= narrow_until) width = all;
      const std::size_t starts = std::min(width, size + 1 - search.from);
      search.last = has_one_start_ ? size : search.from + starts - 1;
      int code = run_unwatched(units, search, starts, data, scratch.context.get());
      if (code == PCRE2_ERROR_MATCHLIMIT && starts > 1 && search.deadline != nullptr) {
        narrow_until = std::max(narrow_until, search.from + starts);
        width = std::max<std::size_t>(starts / narrowing, 1);
        continue;
      }
      if (code == PCRE2_ERROR_MATCHLIMIT) {
        if (search.deadline == nullptr) search.last = size;
        code = run_watched(units, search, watch, data, scratch);
      }
      if (code != PCRE2_ERROR_NOMATCH || search.last >= size) return result(code, data);
      search.from = search.last + 1;
      search.options = 0;
      if (is_over(search, starts)) return {RegexMatch::Outcome::limit};
    }
  }

  static bool is_over(const Search& search, std::size_t starts) {
    if (search.deadline == nullptr) return false;
    constexpr std::size_t least_work = 1'024;
    const std::size_t size = search.subject.size();
    return search.deadline->is_over(starts > 1 ? starts + size / 64 : std::max(size, least_work));
  }

  template <typename Data, typename Context>
  int run_unwatched(const typename Library::Unit* units, const Search& search, std::size_t starts,
                    Data* data, Context* context) const {
    const std::size_t steps = max_unwatched / (starts * (search.subject.size() + 1));
    const auto limit = std::clamp<std::size_t>(steps, 1, most_unwatched_steps);
    Library::set_match_limit(context, static_cast<std::uint32_t>(limit));
    return call(program_, units, search, data, context);
  }

  template <typename Data>
  int run_watched(const typename Library::Unit* units, const Search& search, Watch& watch,
                  Data* data, Scratch<Library>& scratch) const {
    std::call_once(is_watched_made_, [this] {
      if (auto made = Program<Library>::make(pattern_, watched)) watched_ = std::move(*made);
    });
    if (!watched_.code) {  // with watches it is too large for the library
      Library::set_match_limit(scratch.context.get(), max_steps);
      return call(program_, units, search, data, scratch.context.get());
    }
    auto* const context = scratch.watching.get();
    Library::set_callout(context, Watch::on_item<typename Library::CalloutBlock>, &watch);
    return call(watched_, units, search, data, context);
  }

  template <typename Data, typename Context>
  static int call(const Program<Library>& program, const typename Library::Unit* units,
                  const Search& search, Data* data, Context* context) {
    const std::size_t size = search.subject.size();
    Library::set_offset_limit(context, search.last < size ? search.last : PCRE2_UNSET);
    const auto match = program.has_machine_code ? Library::jit_match : Library::match;
    return match(program.code.get(), units, size, search.from, search.options, data, context);
  }

  template <typename Data>
  static RegexMatch result(int code, Data* data) {
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

  Program<Library> program_;
  std::string pattern_;
  bool has_one_start_ = false;
  mutable std::once_flag is_watched_made_;
  mutable Program<Library> watched_;  // of a pattern that needed it
};

template <typename Library>
Expected<std::unique_ptr<Regex>, Refusal> compile_with(const std::string& pattern) {
  auto program = Program<Library>::make(pattern, 0);
  if (!program) return Unexpected<Refusal>(program.error());
  return std::make_unique<CompiledPattern<Library>>(std::move(*program), pattern);
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
