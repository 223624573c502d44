const answer = await fetch(`${process.env.KABAIDO_URL}/api/v1/openapi.json`);
const document = (await answer.json()) as { paths: Record<string, unknown> };
console.log(Object.keys(document.paths));
