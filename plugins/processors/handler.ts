/** What answers one request of a service; the address it sees begins behind the service's name. */
export type Handler = (request: Request) => Response | Promise<Response>;
