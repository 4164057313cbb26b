#include "lib/records/plan_json.hpp"

#include <nlohmann/json.hpp>

#include "lib/dkim/key_record.hpp"
#include "lib/records/zone_fragment.hpp"

namespace postern::records {
namespace {

using Json = nlohmann::ordered_json;

Json to_json(const Record& record, const std::string& purpose) {
  Json json = {{"name", record.name},
               {"type", to_token(record.type)},
               {"ttl", zone_ttl.count()},
               {"value", record.value}};
  if (record.type == Type::mx || record.type == Type::srv) json["priority"] = record.priority;
  if (record.type == Type::srv) {
    json["weight"] = record.weight;
    json["port"] = record.port;
  }
  if (record.type == Type::txt) {
    json["strings"] = dkim::split_character_strings(record.value);
  }
  json["purpose"] = purpose;
  return json;
}

Json to_json(const std::vector<Group>& groups) {
  Json list = Json::array();
  for (const Group& group : groups) {
    for (const Record& record : group.records) list.push_back(to_json(record, group.title));
  }
  return list;
}

}  // namespace

nlohmann::ordered_json to_json(const Plan& plan) {
  Json json = {{"domain", plan.domain},
               {"records", to_json(plan.groups)},
               {"elsewhere", to_json(plan.elsewhere)},
               {"notes", plan.notes},
               {"mta_sts_policy", nullptr}};
  if (plan.mta_sts_policy) {
    json["mta_sts_policy"] = {{"url", plan.mta_sts_policy->url},
                              {"text", plan.mta_sts_policy->text}};
  }
  return json;
}

}  // namespace postern::records
