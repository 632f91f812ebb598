import { callService, type EasRef, type RequestOptions, requestOptions } from "./ref.ts";

/** A failure that the vendor has recognized. */
export interface Diagnosis {
  /** What is wrong. */
  error: string;
  /** Why, as far as is known. */
  causes: string[];
  /** What the vendor advises. */
  advices: string[];
}

/** Options of {@linkcode diagnose}. */
export interface DiagnoseOptions extends RequestOptions {
  /** Only what is wrong with this instance. */
  instance?: string;
}

/**
 * Asks the vendor what is wrong with a service, or one of its instances; a service that is well has no diagnosis.
 *
 * Source: https://help.aliyun.com/zh/pai/developer-reference/api-eas-2021-07-01-describeservicediagnosis.
 *
 * @throws {ApiError} when the API refuses.
 */
export async function diagnose(service: EasRef, options: DiagnoseOptions = {}): Promise<Diagnosis[]> {
  const { instance } = options;
  if (instance === undefined) {
    const { DiagnosisList } = await callService<{ DiagnosisList?: WireDiagnosis[] }>(
      service,
      "DescribeServiceDiagnosis",
      ["diagnosis"],
      requestOptions(options),
    );
    return (DiagnosisList ?? []).map(readDiagnosis);
  }
  const { Diagnosis } = await callService<{ Diagnosis?: WireDiagnosis }>(
    service,
    "DescribeServiceInstanceDiagnosis",
    ["instances", instance, "diagnosis"],
    requestOptions(options),
  );
  return Diagnosis?.Error ? [readDiagnosis(Diagnosis)] : [];
}

interface WireDiagnosis {
  Error?: string;
  Causes?: string[];
  Advices?: string[];
}

function readDiagnosis({ Error = "", Causes, Advices }: WireDiagnosis): Diagnosis {
  return { error: Error, causes: Causes ?? [], advices: Advices ?? [] };
}
