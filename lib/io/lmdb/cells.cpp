#include "lib/io/lmdb/cells.hpp"

namespace postern::io::lmdb {
namespace {

using store::StoredValue;
using store::Time;

constexpr std::size_t time_size = 8;

// Times as numbers in big-endian order, with their sign turned over, so that octets compare as
// times do. They are small (store::max_time), so that those of expendable values can all come
// before.
constexpr std::uint64_t lasting = std::uint64_t{1} << 63;
constexpr std::uint64_t expendable = std::uint64_t{1} << 62;
constexpr std::uint64_t border = expendable + (lasting - expendable) / 2;

std::string octets_of(std::uint64_t number) {
  std::string octets;
  for (int shift = 56; shift >= 0; shift -= 8) {
    octets += static_cast<char>(static_cast<unsigned char>(number >> shift));
  }
  return octets;
}

}  // namespace

std::string TransactionCells::entry_of(std::string_view key, const Place& place) {
  const auto time = static_cast<std::uint64_t>(place.time.time_since_epoch().count());
  return octets_of(time + (place.expendable ? expendable : lasting)).append(key);
}

TransactionCells::Place TransactionCells::place_of(std::string_view entry) {
  std::uint64_t number = 0;
  for (std::size_t i = 0; i < time_size; ++i) {
    number = number << 8 | static_cast<unsigned char>(entry[i]);
  }
  const bool is_expendable = number < border;
  number -= is_expendable ? expendable : lasting;
  return {Time(store::Lifetime(static_cast<std::int64_t>(number))), is_expendable};
}

bool TransactionCells::check(int code) {
  if (code == 0) return true;
  if (code != MDB_NOTFOUND && error_ == 0) error_ = code;
  return false;
}

std::optional<StoredValue> TransactionCells::find(std::string_view key) {
  last_key_ = key;
  last_place_.reset();
  if (error_ != 0) return std::nullopt;
  MDB_val name = value_of(key);
  MDB_val data{};
  if (!check(mdb_get(transaction_, environment_.items(), &name, &data))) return std::nullopt;
  auto value = store::decode(key, view_of(data));
  if (!value) {
    ++unreadable_;
    return std::nullopt;
  }
  last_place_ = place_of(*value);
  return std::move(*value);
}

void TransactionCells::put(std::string_view key, StoredValue value) {
  if (last_key_ != key) static_cast<void>(find(key));
  if (last_place_ && last_place_->expendable == value.expendable &&
      last_place_->time <= value.expires()) {
    value.indexed = last_place_->time;
  } else {
    if (last_place_) remove_entry(key, *last_place_);
    value.indexed = value.expires();
    add_entry(key, place_of(value));
  }
  write(key, value);
  last_place_ = place_of(value);
}

void TransactionCells::erase(std::string_view key) {
  if (last_key_ != key) static_cast<void>(find(key));
  if (last_place_) remove_entry(key, *last_place_);
  remove_item(key);
  last_place_.reset();
}

TransactionCells::Swept TransactionCells::remove_expired(std::size_t limit, Time now) {
  Swept swept;
  remove({}, limit, &now, swept);
  remove(octets_of(border), limit, &now, swept);
  return swept;
}

TransactionCells::Swept TransactionCells::remove_soonest(std::size_t limit) {
  Swept swept;
  remove({}, limit, nullptr, swept);
  return swept;
}

void TransactionCells::remove(std::string_view from, std::size_t limit, const Time* now,
                              Swept& swept) {
  last_key_.clear();
  last_place_.reset();
  MDB_cursor* opened = nullptr;
  if (!check(mdb_cursor_open(transaction_, environment_.expiry(), &opened))) return;
  const Cursor cursor(opened);
  // Entries that were moved are examined again only when their time comes.
  const std::size_t patience = swept.examined + limit * 4 + 64;
  while (error_ == 0 && swept.removed < limit && swept.examined < patience) {
    MDB_val key = value_of(from);
    MDB_val data{};
    const MDB_cursor_op begin = from.empty() ? MDB_FIRST : MDB_SET_RANGE;
    if (!check(mdb_cursor_get(cursor.get(), &key, &data, begin))) break;
    const std::string entry(view_of(key));
    const bool is_whole = entry.size() > time_size;
    if (is_whole && now != nullptr) {
      const Place place = place_of(entry);
      if (place.time > *now || place.expendable != from.empty()) break;
    }
    ++swept.examined;
    if (!check(mdb_cursor_del(cursor.get(), 0))) break;
    if (is_whole && remove_value(entry, now)) ++swept.removed;
  }
}

bool TransactionCells::remove_value(std::string_view entry, const Time* now) {
  const Place place = place_of(entry);
  const std::string_view key = entry.substr(time_size);
  MDB_val name = value_of(key);
  MDB_val data{};
  if (!check(mdb_get(transaction_, environment_.items(), &name, &data))) return false;
  auto value = store::decode(key, view_of(data));
  if (value && place_of(*value) != place) return false;  // it has another entry
  const Time until = now != nullptr ? *now : place.time;
  if (value && value->expires() > until) {
    value->indexed = value->expires();
    add_entry(key, place_of(*value));
    write(key, *value);
    return false;
  }
  if (!value) ++unreadable_;
  remove_item(key);
  return true;
}

void TransactionCells::add_entry(std::string_view key, const Place& place) {
  if (error_ != 0) return;
  const std::string entry = entry_of(key, place);
  MDB_val name = value_of(entry);
  MDB_val nothing{0, name.mv_data};
  check(mdb_put(transaction_, environment_.expiry(), &name, &nothing, 0));
}

void TransactionCells::remove_entry(std::string_view key, const Place& place) {
  if (error_ != 0) return;
  const std::string entry = entry_of(key, place);
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
