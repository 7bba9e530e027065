declare module '*.css?sheet' {
  const url: string;
  export default url;
}
