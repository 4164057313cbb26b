#include "lib/antispam/message/mime_tree.hpp"

#include <algorithm>
#include <optional>

#include "lib/antispam/message/content_type.hpp"
#include "lib/antispam/message/message_head.hpp"
#include "lib/antispam/message/multipart.hpp"
#include "lib/antispam/message/transfer_decoding.hpp"
#include "lib/antispam/text/characters.hpp"
#include "lib/base/ascii.hpp"

namespace postern::antispam {
namespace {

constexpr std::size_t max_blank_lines = 20;

bool is_blank_line(std::string_view line) {
  return std::all_of(line.begin(), line.end(), is_space_octet);
}

// Of many empty lines in a row the first, and the last ones up to the limit; one more at the top.
void add_blank_lines(Lines& lines, const Lines& blank) {
  const std::size_t first = lines.empty() ? 2 : 1;
  const std::size_t most = lines.empty() ? max_blank_lines + 1 : max_blank_lines;
  if (blank.size() <= most) {
    lines.insert(lines.end(), blank.begin(), blank.end());
    return;
  }
  const auto rest = static_cast<std::ptrdiff_t>(most - first);
  lines.insert(lines.end(), blank.begin(), blank.begin() + static_cast<std::ptrdiff_t>(first));
  lines.insert(lines.end(), blank.end() - rest, blank.end());
}

Lines body_lines(std::string_view body) {
  Lines lines;
  lines.reserve(static_cast<std::size_t>(std::count(body.begin(), body.end(), '\n')) + 2);
  Lines blank;
  while (!body.empty()) {
    const std::string_view line = first_line(body);
    body.remove_prefix(line.size());
    if (is_blank_line(line)) {
      blank.push_back(line);
      continue;
    }
    add_blank_lines(lines, blank);
    blank.clear();
    lines.push_back(line);
  }
  add_blank_lines(lines, blank);
  return lines;
}

// What is still to be read.
struct Task {
  MimeNode* node = nullptr;
  std::optional<std::string> boundary;
  Lines body;
  std::size_t levels = 0;  // that may be opened below
};

bool is_boundary_line(std::string_view line, const std::optional<std::string>& boundary) {
  return boundary && line.starts_with("--") && line.substr(2).starts_with(*boundary);
}

class TreeReader {
 public:
  explicit TreeReader(const StrictCharsets& charsets) : charsets_(charsets) {}

  MimeTree read(std::string_view text) {
    tree_.root = std::make_unique<MimeNode>();
    if (text.empty()) text = "\n";
    MessageHead head = read_message_head(text, charsets_);
    keep_pristine(head, text);
    tree_.is_crlf = head.is_crlf;
    tree_.flags.missing_head_body_separator = head.missing_separator;
    tree_.flags.truncated_header = head.truncated;
    queue_message(*tree_.root, std::move(head), text, max_mime_depth);
    while (!queue_.empty()) {
      Task task = std::move(queue_.front());
      queue_.pop_front();
      read_part(task);
    }
    return std::move(tree_);
  }

 private:
  void keep_pristine(const MessageHead& head, std::string_view text) {
    tree_.header_size = head.pristine.size();
    tree_.full = text.substr(head.begin);
    if (tree_.full.starts_with(head.pristine) && head.begin + head.pristine.size() == head.end) {
      return;
    }
    std::string& full = tree_.texts.emplace_back(head.pristine);
    full += text.substr(head.end);
    tree_.full = full;
  }

  void queue_message(MimeNode& node, MessageHead head, std::string_view text, std::size_t levels) {
    node.fields = std::move(head.fields);
    std::string_view body = text.substr(head.end);
    if (head.is_crlf) {
      std::string& squashed = tree_.texts.emplace_back(body);
      squash_line_ends(squashed);
      body = squashed;
    }
    Task task{&node, std::nullopt, body_lines(body), levels};
    ContentTypeValue type = read_content_type(node.value("content-type"));
    task.boundary = std::move(type.boundary);
    node.type = std::move(type.type);
    // Fields at the top of the body are not those of the first part.
    if (node.type.starts_with("multipart/") && task.body.size() > 1 &&
        !is_blank_line(task.body[0]) && !is_boundary_line(task.body[0], task.boundary)) {
      task.body.insert(task.body.begin(), std::string_view("\n"));
    }
    queue_.push_back(std::move(task));
  }

  void read_part(Task& task) {
    MimeNode& node = *task.node;
    if (nodes_ >= max_mime_nodes) {
      tree_.flags.mimepart_limit_exceeded = true;
      task.levels = 0;
    }
    if (node.type.starts_with("multipart/") && task.boundary && task.levels > 0) {
      open_multipart(task);
      return;
    }
    read_leaf(node, task.boundary);
    node.body = std::move(task.body);
    decode(node);
    const bool is_message = node.type == "message/rfc822" || node.type == "message/global";
    if (is_message && task.levels > 0 && !node.decoded.empty()) open_message(node, task.levels - 1);
  }

  void open_multipart(Task& task) {
    task.node->has_children = true;
    for (OpenPart& part : split_multipart(task.body, *task.boundary, task.node->type, charsets_,
                                          tree_.texts, tree_.flags)) {
      ++nodes_;
      part.node->depth = task.node->depth + 1;
      queue_.push_back(
          {part.node.get(), std::move(part.boundary), std::move(part.body), task.levels - 1});
      task.node->children.push_back(std::move(part.node));
    }
  }

  void open_message(MimeNode& node, std::size_t levels) {
    const std::string& text = tree_.texts.emplace_back(std::move(node.decoded));
    node.decoded.clear();
    node.body.clear();
    ++nodes_;
    node.has_children = true;
    node.children.push_back(std::make_unique<MimeNode>());
    MimeNode& child = *node.children.back();
    child.depth = node.depth + 1;
    queue_message(child, read_message_head(text, charsets_), text, levels);
  }

  static void read_leaf(MimeNode& node, const std::optional<std::string>& boundary) {
    ContentTypeValue type = read_content_type(node.value("content-type"));
    if (!type.missing) {
      const bool is_kept = !type.type.starts_with("multipart/") || boundary;
      node.type = is_kept ? type.type : "text/plain";
    }
    node.has_charset = type.charset.has_value();
    node.charset = std::move(type.charset).value_or("");
    node.boundary = boundary.value_or("");
    if (auto name = disposition_name(node.value("content-disposition"))) {
      node.name = *std::move(name);
    } else if (type.name && *type.name != "0") {
      node.name = *std::move(type.name);
    }
    node.effective_type = is_html_name(node.name) ? "text/html" : node.type;
  }

  static bool is_text_or_message(std::string_view type) {
    const std::string_view kind = type.substr(0, type.find('/'));
    return kind.size() < type.size() && (kind == "text" || kind == "message");
  }

  static void decode(MimeNode& node) {
    std::size_t size = 0;
    for (const std::string_view line : node.body) size += line.size();
    std::string raw;
    raw.reserve(size);
    for (const std::string_view line : node.body) raw += line;
    const std::string_view encoding = node.value("content-transfer-encoding");
    if (ascii::equals_ignoring_case(encoding, "quoted-printable")) {
      node.decoded = decode_qp(raw);
      squash_line_ends(node.decoded);
    } else if (ascii::equals_ignoring_case(encoding, "base64")) {
      node.decoded = decode_base64_text(raw);
      if (is_text_or_message(node.type)) squash_line_ends(node.decoded);
    } else {
      node.decoded = std::move(raw);
    }
  }

  const StrictCharsets& charsets_;
  MimeTree tree_;
  std::deque<Task> queue_;
  std::size_t nodes_ = 1;
};

}  // namespace

const NodeField* MimeNode::field(std::string_view wanted) const {
  const auto found = std::find_if(fields.rbegin(), fields.rend(), [wanted](const NodeField& each) {
    return ascii::equals_ignoring_case(each.name, wanted);
  });
  return found == fields.rend() ? nullptr : &*found;
}

std::string_view MimeNode::value(std::string_view wanted) const {
  const NodeField* const found = field(wanted);
  return found == nullptr ? std::string_view() : std::string_view(found->value.bytes);
}

MimeTree read_mime_tree(std::string_view text, const StrictCharsets& charsets) {
  return TreeReader(charsets).read(text);
}

}  // namespace postern::antispam
