#include "lib/antivirus/engine_protocol.hpp"

#include <array>
#include <limits>
#include <span>
#include <type_traits>
#include <utility>

#include "lib/base/named_values.hpp"

namespace postern::antivirus {
namespace {

constexpr std::size_t max_path_size = 4096;
constexpr std::size_t max_text_size = 1024;
constexpr std::size_t max_line_size = 32'768;
constexpr std::int64_t max_number = std::int64_t{1} << 50;

// Writes and reads the same fields, so that each packet names them once.
class Writer {
 public:
  explicit Writer(std::string_view version) : text_(version) {}

  void field(std::string_view name, const std::string& value) {
    if (!value.empty()) add(name, escape_value(value));
  }
  template <typename T>
  void field(std::string_view name, const T& number) {
    add(name, std::to_string(count(number)));
  }
  [[nodiscard]] std::string take() { return std::move(text_); }

 private:
  template <typename T>
  static std::int64_t count(const T& number) {
    if constexpr (std::is_arithmetic_v<T>) {
      return static_cast<std::int64_t>(number);
    } else {
      return number.count();
    }
  }
  void add(std::string_view name, const std::string& value) {
    text_.append(" ").append(name).append("=").append(value);
  }

  std::string text_;
};

// Reads one value into the field that has its name.
class Reader {
 public:
  Reader(std::string_view name, std::string_view value) : name_(name), value_(value) {}

  void field(std::string_view name, std::string& text) {
    if (name != name_) return;
    done_ = unescape_value(
        value_, name == "database" || name == "temporary_directory" ? max_path_size : max_text_size,
        text);
  }
  template <typename T>
  void field(std::string_view name, T& number) {
    if (name != name_) return;
    std::int64_t read = 0;
    done_ = read_number(value_, limit<T>(), read);
    if (done_) number = static_cast<T>(read);
  }
  [[nodiscard]] bool is_done() const { return done_; }

 private:
  template <typename T>
  static constexpr std::int64_t limit() {
    if constexpr (std::is_same_v<T, bool>) {
      return 1;
    } else if constexpr (std::is_arithmetic_v<T> && sizeof(T) < sizeof(std::int64_t)) {
      return static_cast<std::int64_t>(std::numeric_limits<T>::max());
    } else {
      return max_number;
    }
  }

  std::string_view name_;
  std::string_view value_;
  bool done_ = false;
};

// The form of each packet: its version, the names of its fields, and the fields themselves.
template <typename Packet>
struct Form;

template <>
struct Form<Load> {
  static constexpr std::string_view version = "load1";
  static constexpr std::array<ValueName, 10> names = {{{"database", "has no database"},
                                                       {"temporary_directory", "has no directory"},
                                                       {"max_scan_size"},
                                                       {"max_file_size"},
                                                       {"max_recursion"},
                                                       {"max_files"},
                                                       {"scan_time"},
                                                       {"processor_time"},
                                                       {"child_memory"},
                                                       {"potentially_unwanted"}}};
  template <typename Archive, typename Packet>
  static void fields(Archive& archive, Packet& packet) {
    auto& options = packet.options;
    archive.field("database", options.database);
    archive.field("temporary_directory", options.temporary_directory);
    archive.field("max_scan_size", options.max_scan_size);
    archive.field("max_file_size", options.max_file_size);
    archive.field("max_recursion", options.max_recursion);
    archive.field("max_files", options.max_files);
    archive.field("scan_time", options.scan_time);
    archive.field("processor_time", options.processor_time);
    archive.field("child_memory", options.child_memory);
    archive.field("potentially_unwanted", options.potentially_unwanted);
  }
};

template <>
struct Form<Fork> {
  static constexpr std::string_view version = "fork1";
  static constexpr std::array<ValueName, 0> names{};
  template <typename Archive, typename Packet>
  static void fields(Archive& /*archive*/, Packet& /*packet*/) {}
};

template <>
struct Form<Kill> {
  static constexpr std::string_view version = "kill1";
  static constexpr std::array<ValueName, 1> names = {{{"pid", "has no pid"}}};
  template <typename Archive, typename Packet>
  static void fields(Archive& archive, Packet& packet) {
    archive.field("pid", packet.pid);
  }
};

template <>
struct Form<Ready> {
  static constexpr std::string_view version = "ready1";
  static constexpr std::array<ValueName, 3> names = {
      {{"generation", "has no generation"}, {"signatures", "has no signatures"}, {"warning"}}};
  template <typename Archive, typename Packet>
  static void fields(Archive& archive, Packet& packet) {
    archive.field("generation", packet.generation);
    archive.field("signatures", packet.signatures);
    archive.field("warning", packet.warning);
  }
};

template <>
struct Form<Failed> {
  static constexpr std::string_view version = "failed1";
  static constexpr std::array<ValueName, 1> names = {{{"why", "has no reason"}}};
  template <typename Archive, typename Packet>
  static void fields(Archive& archive, Packet& packet) {
    archive.field("why", packet.why);
  }
};

template <>
struct Form<Forked> {
  static constexpr std::string_view version = "forked1";
  static constexpr std::array<ValueName, 1> names = {{{"pid", "has no pid"}}};
  template <typename Archive, typename Packet>
  static void fields(Archive& archive, Packet& packet) {
    archive.field("pid", packet.pid);
  }
};

template <>
struct Form<NotForked> {
  static constexpr std::string_view version = "notforked1";
  static constexpr std::array<ValueName, 1> names = {{{"why", "has no reason"}}};
  template <typename Archive, typename Packet>
  static void fields(Archive& archive, Packet& packet) {
    archive.field("why", packet.why);
  }
};

template <>
struct Form<Ended> {
  static constexpr std::string_view version = "ended1";
  static constexpr std::array<ValueName, 3> names = {
      {{"pid", "has no pid"}, {"signal"}, {"status"}}};
  template <typename Archive, typename Packet>
  static void fields(Archive& archive, Packet& packet) {
    archive.field("pid", packet.pid);
    archive.field("signal", packet.signal);
    archive.field("status", packet.status);
  }
};

template <>
struct Form<Forbidden> {
  static constexpr std::string_view version = "forbidden1";
  static constexpr std::array<ValueName, 3> names = {
      {{"pid", "has no pid"}, {"call", "has no call"}, {"detail"}}};
  template <typename Archive, typename Packet>
  static void fields(Archive& archive, Packet& packet) {
    archive.field("pid", packet.pid);
    archive.field("call", packet.call);
    archive.field("detail", packet.detail);
  }
};

template <typename Packet>
std::string write(const Packet& packet) {
  Writer writer(Form<Packet>::version);
  Form<Packet>::fields(writer, packet);
  return writer.take();
}

template <typename Variant>
std::string write_any(const Variant& packet) {
  return std::visit([](const auto& one) { return write(one); }, packet);
}

template <typename Packet>
Parsed<Packet> read(std::string_view text) {
  const RecordForm form{Form<Packet>::version, "is no packet of an engine", Form<Packet>::names,
                        max_line_size};
  Packet packet;
  const auto take = [&](std::size_t place, std::string_view value) -> std::string_view {
    Reader reader(Form<Packet>::names[place].name, value);
    Form<Packet>::fields(reader, packet);
    return reader.is_done() ? std::string_view() : "has a value that cannot be read";
  };
  return read_named_values(text, form, take).map([&] { return std::move(packet); });
}

// Tries the kinds in turn by the first word, which is different for each.
template <typename Variant, typename Packet, typename... More>
Parsed<Variant> read_any(std::string_view text) {
  if (text.substr(0, text.find(' ')) == Form<Packet>::version) {
    return read<Packet>(text).map([](Packet packet) { return Variant(std::move(packet)); });
  }
  if constexpr (sizeof...(More) > 0) {
    return read_any<Variant, More...>(text);
  } else {
    return parse_error(0, "is no packet of an engine");
  }
}

}  // namespace

std::string format(const ToEngine& packet) {
  return write_any(packet);
}

std::string format(const FromEngine& packet) {
  return write_any(packet);
}

Parsed<ToEngine> parse_to_engine(std::string_view text) {
  return read_any<ToEngine, Load, Fork, Kill>(text);
}

Parsed<FromEngine> parse_from_engine(std::string_view text) {
  return read_any<FromEngine, Ready, Failed, Forked, NotForked, Ended, Forbidden>(text);
}

}  // namespace postern::antivirus
