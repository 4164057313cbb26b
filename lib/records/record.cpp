#include "lib/records/record.hpp"

namespace postern::records {

std::string_view to_token(Type type) {
  switch (type) {
    case Type::a: return "A";
    case Type::aaaa: return "AAAA";
    case Type::mx: return "MX";
    case Type::txt: return "TXT";
    case Type::srv: return "SRV";
    case Type::cname: return "CNAME";
  }
  return "";
}

Record address_record(const std::string& name, const IpAddress& address) {
  Record record;
  record.name = name;
  record.type = address.is_v4() ? Type::a : Type::aaaa;
  record.value = address.text();
  return record;
}

Record txt_record(const std::string& name, const std::string& text) {
  Record record;
  record.name = name;
  record.value = text;
  return record;
}

}  // namespace postern::records
