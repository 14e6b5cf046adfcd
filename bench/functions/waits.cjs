// Takes its time, as a function does that waits for somebody else's answer.
exports.handler = (item) => new Promise((resolve) => setTimeout(resolve, 20, { item }));
