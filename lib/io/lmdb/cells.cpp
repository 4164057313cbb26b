#include "lib/io/lmdb/cells.hpp"

namespace postern::io::lmdb {
namespace {

using store::StoredValue;
using store::Time;

constexpr std::size_t time_size = 8;

// Time in big-endian order with the sign turned over, so that octets compare as times do.
std::string entry_of(std::string_view key, Time time) {
  const auto number =
      static_cast<std::uint64_t>(time.time_since_epoch().count()) ^ (std::uint64_t{1} << 63);
  std::string entry;
  entry.reserve(time_size + key.size());
  for (int shift = 56; shift >= 0; shift -= 8) {
    entry += static_cast<char>(static_cast<unsigned char>(number >> shift));
  }
  entry += key;
  return entry;
}

Time time_of(std::string_view entry) {
  std::uint64_t number = 0;
  for (std::size_t i = 0; i < time_size; ++i) {
    number = number << 8 | static_cast<unsigned char>(entry[i]);
  }
  return Time(store::Lifetime(static_cast<std::int64_t>(number ^ (std::uint64_t{1} << 63))));
}

}  // namespace

bool TransactionCells::check(int code) {
  if (code == 0) return true;
  if (code != MDB_NOTFOUND && error_ == 0) error_ = code;
  return false;
}

std::optional<StoredValue> TransactionCells::find(std::string_view key) {
  last_key_ = key;
  last_indexed_.reset();
  if (error_ != 0) return std::nullopt;
  MDB_val name = value_of(key);
  MDB_val data{};
  if (!check(mdb_get(transaction_, environment_.items(), &name, &data))) return std::nullopt;
  auto value = store::decode(key, view_of(data));
  if (!value) {
    ++unreadable_;
    return std::nullopt;
  }
  last_indexed_ = value->indexed;
  return std::move(*value);
}

void TransactionCells::put(std::string_view key, StoredValue value) {
  if (last_key_ != key) static_cast<void>(find(key));
  if (last_indexed_ && *last_indexed_ <= value.expires()) {
    value.indexed = *last_indexed_;
  } else {
    if (last_indexed_) remove_entry(key, *last_indexed_);
    value.indexed = value.expires();
    add_entry(key, value.indexed);
  }
  write(key, value);
  last_indexed_ = value.indexed;
}

void TransactionCells::erase(std::string_view key) {
  if (last_key_ != key) static_cast<void>(find(key));
  if (last_indexed_) remove_entry(key, *last_indexed_);
  remove_item(key);
  last_indexed_.reset();
}

TransactionCells::Swept TransactionCells::remove_expired(std::size_t limit, Time now) {
  return remove(limit, &now);
}

TransactionCells::Swept TransactionCells::remove_soonest(std::size_t limit) {
  return remove(limit, nullptr);
}

TransactionCells::Swept TransactionCells::remove(std::size_t limit, const Time* now) {
  Swept swept;
  last_key_.clear();
  last_indexed_.reset();
  MDB_cursor* opened = nullptr;
  if (!check(mdb_cursor_open(transaction_, environment_.expiry(), &opened))) return swept;
  const Cursor cursor(opened);
  // Entries that were moved are examined again only when their time comes.
  const std::size_t patience = limit * 4 + 64;
  while (error_ == 0 && swept.removed < limit && swept.examined < patience) {
    MDB_val key{};
    MDB_val data{};
    if (!check(mdb_cursor_get(cursor.get(), &key, &data, MDB_FIRST))) break;
    const std::string entry(view_of(key));
    if (entry.size() > time_size && now != nullptr && time_of(entry) > *now) break;
    ++swept.examined;
    if (!check(mdb_cursor_del(cursor.get(), 0))) break;
    if (entry.size() > time_size && remove_first(entry, now)) ++swept.removed;
  }
  return swept;
}

bool TransactionCells::remove_first(std::string_view entry, const Time* now) {
  const Time time = time_of(entry);
  const std::string_view key = entry.substr(time_size);
  MDB_val name = value_of(key);
  MDB_val data{};
  if (!check(mdb_get(transaction_, environment_.items(), &name, &data))) return false;
  auto value = store::decode(key, view_of(data));
  if (value && value->indexed != time) return false;  // it has another entry
  const Time until = now != nullptr ? *now : time;
  if (value && value->expires() > until) {
    value->indexed = value->expires();
    add_entry(key, value->indexed);
    write(key, *value);
    return false;
  }
  if (!value) ++unreadable_;
  remove_item(key);
  return true;
}

void TransactionCells::add_entry(std::string_view key, Time time) {
  if (error_ != 0) return;
  const std::string entry = entry_of(key, time);
  MDB_val name = value_of(entry);
  MDB_val nothing{0, name.mv_data};
  check(mdb_put(transaction_, environment_.expiry(), &name, &nothing, 0));
}

void TransactionCells::remove_entry(std::string_view key, Time time) {
  if (error_ != 0) return;
  const std::string entry = entry_of(key, time);
  MDB_val name = value_of(entry);
  check(mdb_del(transaction_, environment_.expiry(), &name, nullptr));
}

void TransactionCells::remove_item(std::string_view key) {
  if (error_ != 0) return;
  MDB_val name = value_of(key);
  check(mdb_del(transaction_, environment_.items(), &name, nullptr));
}

void TransactionCells::write(std::string_view key, const StoredValue& value) {
  if (error_ != 0) return;
  const std::string octets = store::encode(key, value);
  MDB_val name = value_of(key);
  MDB_val data = value_of(octets);
  check(mdb_put(transaction_, environment_.items(), &name, &data, 0));
}

}  // namespace postern::io::lmdb
