import assert from "node:assert/strict";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createClient } from "../../../core/client.ts";
import { fromConfig, readConfig, saveConfig } from "../../../plugins/credentials/mod.ts";
import type { ReferenceCase } from "./cases.ts";

/** A user's folder that is empty. */
async function inHome(use: (home: string) => Promise<void>): Promise<void> {
  const home = await mkdtemp(join(tmpdir(), "home-"));
  try {
    await use(home);
  } finally {
    await rm(home, { recursive: true });
  }
}

/** T-71, T-72: configuration files, and the environments of PAI's products. */
export const cli: ReferenceCase[] = [
  {
    id: "T-71",
    title: "the configuration file keeps four keys, drops others and writes nothing for what is undefined",
    run: () =>
      inHome(async (home) => {
        const config = {
          region: "cn-hangzhou",
          workspaceId: "1234567",
          bucket: "my-bucket",
          ossEndpoint: "oss-cn-hangzhou.aliyuncs.com",
        };
        const more = { ...config, consoleUri: "https://example.com" };
        const path = await saveConfig(more, { env: {}, home });
        assert.equal(path, join(home, ".pai", "config.json"));
        const text = await readFile(path, "utf8");
        assert.deepEqual(JSON.parse(text), {
          region_id: "cn-hangzhou",
          workspace_id: "1234567",
          oss_bucket_name: "my-bucket",
          oss_endpoint: "oss-cn-hangzhou.aliyuncs.com",
        });
        assert.match(text, /^\{\n {4}"region_id"/); // indented as the Python SDK does
        assert.deepEqual(await readConfig({ env: {}, home }), config);

        const elsewhere = join(home, "elsewhere", "pai.json");
        const env = { PAI_CONFIG_PATH: elsewhere };
        await saveConfig({ region: "cn-beijing", workspaceId: undefined }, { env, home });
        assert.deepEqual(JSON.parse(await readFile(elsewhere, "utf8")), { region_id: "cn-beijing" });
        const client = createClient(await fromConfig({ env, home }));
        assert.equal(client.region, "cn-beijing");
        assert.equal(client.workspaceId, undefined); // not the text "None"
      }),
  },
  {
    id: "T-72",
    title: "DSW and DLC tell region and workspace to those who run inside, and to nobody else",
    run: () =>
      inHome(async (home) => {
        const dsw = { DSW_INSTANCE_ID: "dsw-1", PAI_WORKSPACE_ID: "1234567", REGION: "cn-hangzhou" };
        const inDsw = createClient(await fromConfig({ env: dsw, home }));
        assert.deepEqual([inDsw.region, inDsw.workspaceId], ["cn-hangzhou", "1234567"]);

        const dlc = { DLC_JOB_ID: "dlc-1", REGION: "cn-shanghai" };
        const inDlc = createClient(await fromConfig({ env: dlc, home }));
        assert.deepEqual([inDlc.region, inDlc.workspaceId], ["cn-shanghai", undefined]);

        const older = { DSW_INSTANCE_ID: "dsw-1", PAI_AI_WORKSPACE_ID: "7", dsw_region: "cn-beijing" };
        const inOlder = createClient(await fromConfig({ env: older, home }));
        assert.deepEqual([inOlder.region, inOlder.workspaceId], ["cn-beijing", "7"]);

        await assert.rejects(fromConfig({ env: { REGION: "cn-hangzhou" }, home }), { code: "NotConfigured" });
        await saveConfig({ region: "cn-shenzhen" }, { env: {}, home });
        assert.equal((await fromConfig({ env: dsw, home })).region, "cn-shenzhen"); // the file comes first
      }),
  },
];
