const page = document.getElementById("page");
if (page) {
  const link = document.createElement("a");
  link.href = "/docs";
  link.textContent = "API";
  page.append(link);
}
