# The engine in a container. It brings its own runtime (the npm package `node`), so the base image only
# has to run npm. Configuration is in /project, everything durable in /data.
FROM node:24-slim
WORKDIR /opt/firth
COPY package.json package-lock.json .npmrc ./
RUN npm ci --omit=dev && npm cache clean --force
COPY . .
RUN mkdir /data /project && cp -R channels transforms /project/ && chown -R node:node /data
USER node
VOLUME /data
EXPOSE 2575 2576 2577 2578 2579
HEALTHCHECK --interval=10s --timeout=5s --start-period=20s \
  CMD ["bin/firth", "status", "--data", "/data"]
ENTRYPOINT ["bin/firth"]
CMD ["run", "--project", "/project", "--data", "/data"]
