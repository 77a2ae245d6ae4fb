const { Worker } = require("bullmq");
const { begun } = require("./protocol.cjs");

const connection = { url: process.env.REDIS_URL };
new Worker("chats", async (job) => begun(job.data.chat), { connection, concurrency: 50 });
