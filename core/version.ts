/** Version of this package; a test holds it equal to the manifest's. */
export const VERSION = "0.1.0";
