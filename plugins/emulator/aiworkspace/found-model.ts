import type { Call } from "../api.ts";
import type { Cloud } from "../cloud.ts";
import { invalid, notFound } from "../eas/call.ts";
import type { JsonObject } from "../service-config.ts";
import type { ModelRecord } from "./store.ts";

/** The model that the path names. */
export function modelOf({ assets }: Cloud, call: Call): ModelRecord {
  const { id = "" } = call.req.param();
  return assets.models.get(id) ?? notFound("Model", id);
}

/** The model, if it is the account's own. */
export function ownModelOf(cloud: Cloud, call: Call): ModelRecord {
  const model = modelOf(cloud, call);
  return model.members.Provider ? invalid(`The model ${model.id} belongs to PAI.`) : model;
}

/** A version as the API tells it. */
export function shownVersion(accountId: string, members: JsonObject): JsonObject {
  return { ...members, UserId: accountId, OwnerId: accountId };
}
