/** What servers print when they begin to listen; the first group is the port. */
export const listeningSigns: readonly RegExp[] = [
  /Uvicorn running on .*?:(\d{2,5})\b/i, // FastAPI
  /Running on .*?:(\d{2,5})\b/i, // Flask
  /Listening (?:at|on):? (?:.*?:|port )(\d{2,5})\b/i, // gunicorn, Deno and many others
  /Goin' Fast @ .*?:(\d{2,5})\b/i, // Sanic
  /development server at .*?:(\d{2,5})\b/i, // Django
  /Serving HTTP on .*?:(\d{2,5})\b/i, // Python itself
];
